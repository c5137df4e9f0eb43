//! How far the heads are from Spotify's values, as a section of the model card.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use foretune::backbone::Embedding;
use foretune::features::Feature;
use foretune::features::statistics::Statistics;
use foretune::heads::{Heads, HeadsEntry};
use foretune::model::MANIFEST_FILE;
use ndarray::{Array1, Array2, ArrayView1};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::linear::{correlation, rank_correlation};
use super::statistics::LabelledStatistics;
use super::{CONFIG_FILE, Saved};

/// MAE of the teacher, PyPI vibenet 0.1.0, on 881 commercial recordings of which the check is a
/// part, and of the best ridge with true labels on the backbone's pools, cross-validated by artist.
// Measured, and no part of a circle.
#[allow(clippy::approx_constant)]
const TEACHER_ERROR: [f64; 7] = [0.197, 0.088, 0.153, 0.318, 0.100, 0.071, 0.184];
const CEILING_ERROR: [f64; 7] = [0.132, 0.082, 0.093, 0.041, 0.105, 0.046, 0.139];

/// Recordings with Spotify's values, on which nothing is fitted.
pub struct Check {
    pub embeddings: Vec<Embedding>,
    /// `[recordings, 7]`
    features: Array2<f64>,
    /// Spotify's values in the order of [`Feature::ALL`].
    pub spotify: Vec<[Option<f32>; 11]>,
    pub popularity: Vec<Option<f32>>,
}

/// The card's section on the heads: `models` holds them, `check` is `real_check.parquet`, `clips`
/// is `labelled_stats.csv`.
pub fn section(models: &Path, check: &Path, clips: &Path) -> Result<String> {
    let heads = load(models)?;
    let saved: Saved = serde_json::from_slice(&std::fs::read(models.join(CONFIG_FILE))?)
        .with_context(|| format!("{CONFIG_FILE} is not of this version"))?;
    let (backbone, _) = super::backbone(models)?;
    let check = Check::read(check, backbone.teacher_channels())?;
    let clips = LabelledStatistics::read(clips)?;
    let usual = usual_statistics(&clips);
    let estimates = check.estimates(&heads, &usual)?;

    let mut text = String::new();
    writeln!(
        text,
        "On {} commercial recordings with Spotify's values, 30 s from the middle of each, on which \
         nothing is fitted. They are known only through the backbone, so their statistics are \
         set to those of the usual clip: the table measures what is heard. The teacher's and the \
         ceiling's figures are on 881 recordings that include these; the ceiling is a ridge trained \
         on true labels, which Foretune does not have.\n",
        check.embeddings.len()
    )?;
    writeln!(
        text,
        "| feature | MAE | median, MAE | teacher, MAE | ceiling, MAE | r | rank r | bias |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
    for (position, feature) in Feature::PERCEPTUAL.iter().enumerate() {
        let truth = check.features.column(position);
        let estimate = estimates.column(position);
        writeln!(
            text,
            "| {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} | {:.2} | {:+.3} |",
            feature.name(),
            mean_absolute(&truth, &estimate),
            mean_absolute(
                &truth,
                &Array1::from_elem(truth.len(), median(truth)).view()
            ),
            TEACHER_ERROR[position],
            CEILING_ERROR[position],
            correlation(truth, estimate),
            rank_correlation(truth, estimate),
            (&estimate - &truth).mean().unwrap_or_default(),
        )?;
    }

    let account = &saved.account;
    writeln!(
        text,
        "\nThrough statistics alone, on {} GTZAN clips with Spotify's values, each artist left out \
         in turn; and agreement with the teacher's answers on freely licensed music, each collection \
         left out in turn. Agreement with the teacher is not accuracy.\n",
        clips.artist.len()
    )?;
    writeln!(
        text,
        "| feature | statistics, MAE | median, MAE | statistics, r | teacher agreement, r | \
         weight of teacher | of tags | of statistics |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
    for (position, feature) in Feature::PERCEPTUAL.iter().enumerate() {
        let [teacher, tags, statistics] = account.weights[position];
        writeln!(
            text,
            "| {} | {:.3} | {:.3} | {:.2} | {:.2} | {teacher:.2} | {tags:.2} | {statistics:.2} |",
            feature.name(),
            account.statistics_error[position],
            account.statistics_median_error[position],
            account.statistics_agreement[position],
            account.teacher_agreement[position],
        )?;
    }
    let hours: f64 = account
        .hours_by_collection
        .iter()
        .map(|(_, hours)| hours)
        .sum();
    writeln!(
        text,
        "\nThe teacher was asked about {} segments, {hours:.1} hours in all, of freely licensed \
         music from Debian packages: {}.",
        account.segments,
        account
            .hours_by_collection
            .iter()
            .map(|(name, hours)| format!("{name} ({:.0} min)", hours * 60.0))
            .collect::<Vec<_>>()
            .join(", ")
    )?;
    Ok(text)
}

pub fn load(models: &Path) -> Result<Heads> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(models.join(MANIFEST_FILE))?)?;
    let entry: HeadsEntry = serde_json::from_value(manifest["heads"].clone())
        .with_context(|| format!("{MANIFEST_FILE} has no heads"))?;
    let content = std::fs::read(models.join(&entry.file.file))?;
    let files = [(entry.file.file.clone(), content)].into_iter().collect();
    Ok(Heads::load(&entry, &files)?)
}

/// The median of every statistic: on it the statistics' evidence is near zero.
pub fn usual_statistics(clips: &LabelledStatistics) -> Statistics {
    let mut values = [0.0; Statistics::WIDTH];
    for (value, column) in values.iter_mut().zip(clips.statistics.columns()) {
        *value = median(column) as f32;
    }
    Statistics::from_array(values)
}

impl Check {
    /// `channels` are those of the teacher's pools that the backbone has.
    pub fn read(path: &Path, channels: &[usize]) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let reader = SerializedFileReader::new(file)?;
        let (mut embeddings, mut features) = (Vec::new(), Vec::new());
        let (mut spotify, mut popularity) = (Vec::new(), Vec::new());
        for row in reader.get_row_iter(None)? {
            let row = row?;
            let columns: HashMap<&str, f64> = row
                .get_column_iter()
                .filter_map(|(name, field)| Some((name.as_str(), number(field)?)))
                .collect();
            let value = |prefix: &str, digits: usize, at: usize| -> Option<f32> {
                let value = columns.get(format!("{prefix}_{at:0digits$}").as_str())?;
                Some(*value as f32)
            };
            let pool = |prefix: &str| -> Result<Vec<f32>> {
                channels
                    .iter()
                    .map(|&channel| value(prefix, 3, channel))
                    .collect::<Option<_>>()
                    .with_context(|| format!("{} lacks a channel of {prefix}", path.display()))
            };
            let known: Option<Vec<f64>> = Feature::PERCEPTUAL
                .iter()
                .map(|feature| {
                    columns
                        .get(format!("spotify_{}", feature.name()).as_str())
                        .copied()
                })
                .collect();
            if let Some(known) = known {
                let of_spotify = |name: &str| {
                    let value = columns.get(format!("spotify_{name}").as_str()).copied();
                    value
                        .filter(|value| value.is_finite())
                        .map(|value| value as f32)
                };
                spotify.push(Feature::ALL.map(|feature| of_spotify(feature.name())));
                popularity.push(of_spotify("popularity"));
                features.extend(known);
                embeddings.push(Embedding {
                    logits: (0..).map_while(|at| value("logit", 2, at)).collect(),
                    max_pool: pool("max")?,
                    mean_pool: pool("mean")?,
                });
            }
        }
        Ok(Self {
            features: Array2::from_shape_vec(
                (embeddings.len(), Feature::PERCEPTUAL.len()),
                features,
            )?,
            embeddings,
            spotify,
            popularity,
        })
    }

    pub fn estimates(&self, heads: &Heads, statistics: &Statistics) -> Result<Array2<f64>> {
        let mut values = Vec::new();
        for embedding in &self.embeddings {
            values.extend(heads.estimate(embedding, statistics)?.map(f64::from));
        }
        Ok(Array2::from_shape_vec(self.features.raw_dim(), values)?)
    }
}

fn number(field: &Field) -> Option<f64> {
    match field {
        Field::Float(value) => Some(f64::from(*value)),
        Field::Double(value) => Some(*value),
        Field::Int(value) => Some(f64::from(*value)),
        Field::Long(value) => Some(*value as f64),
        _ => None,
    }
}

fn mean_absolute(a: &ArrayView1<'_, f64>, b: &ArrayView1<'_, f64>) -> f64 {
    (a - b).mapv(f64::abs).mean().unwrap_or_default()
}

fn median(values: ArrayView1<'_, f64>) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0
}
