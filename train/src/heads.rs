//! Training the perceptual heads.
//!
//! No recording with Spotify's own values is at hand that may be learned from, so a feature is
//! estimated from three kinds of evidence, none of which needs one:
//!
//! - what a teacher model answers on freely licensed music ([`teacher`]), made absolute by where the
//!   tagger's training songs lie in its embedding ([`population`]);
//! - what the tags say, by the features of songs whose genre is the tag's word ([`tags`]);
//! - what signal statistics say, by clips whose statistics and features are published
//!   ([`statistics`]).
//!
//! Each is a normal score; [`blend`] weighs them, and [`mod@reference`] turns the score into the value
//! that stands there in the distribution of real songs. Drawn towards the middle as far as the
//! evidence is weak, that is the conditional median, which has the least mean absolute error.

mod blend;
mod errors;
pub mod evaluate;
mod fitted;
pub mod linear;
mod population;
mod reference;
mod segments;
pub mod statistics;
pub mod tags;
mod teacher;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use foretune::backbone::{Backbone, BackboneEntry};
use foretune::features::Feature;
use foretune::features::statistics::Statistics;
use foretune::heads::HeadsEntry;
use foretune::model::{FileEntry, MANIFEST_FILE};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::popularity::knowledge::FeatureErrors;
use crate::popularity::{FEATURE_ERRORS_FILE, artifact};
use crate::table;
pub use evaluate::section;
use fitted::Heads;
use linear::correlation;
use population::Population;
use reference::Reference;
use segments::Segments;
use statistics::{LabelledStatistics, StatisticsHead};
use tags::TagPrior;
use teacher::Teacher;

#[derive(clap::Args)]
pub struct HeadsArgs {
    /// Folder of freely licensed music, one folder a collection
    #[arg(long)]
    audio: PathBuf,
    /// The teacher's answers on segments of it, as train/labels/teacher.py writes them
    #[arg(long)]
    labels: PathBuf,
    /// Parquet or CSV of songs with features, genre, year and the table they come from
    #[arg(long)]
    tracks: PathBuf,
    /// CSV of clips with librosa statistics and Spotify's values
    #[arg(long)]
    statistics: PathBuf,
    /// What the backbone hears, kept between runs: it takes far longer than the rest
    #[arg(long, default_value = "heard.jsonl")]
    cache: PathBuf,
    /// Folder of the models, where the backbone is and the result goes
    #[arg(long, default_value = "models")]
    out: PathBuf,
}

pub const MODEL_FILE: &str = "heads.onnx";
/// Where genres explain nothing at all, tags get no say, but their scale must not be zero.
const MINIMUM_EXPLAINED: f64 = 1e-4;

const CONFIG_FILE: &str = "heads.config.json";

/// All that decides a training run beside its inputs. Nothing in it is drawn at random.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadsConfig {
    pub teacher_penalty: f64,
    pub statistics_penalty: f64,
    /// Correlation of the teacher's kind of model with true values, in the order of the seven
    /// features: published for danceability .75, energy .85, speechiness .73 and valence .70; taken
    /// as .70, .60 and .40 for acousticness, instrumentalness and liveness, where nothing is.
    pub teacher_reliability: [f64; 7],
    /// What is left of that when its answers are learned from few songs (.85, about the agreement on
    /// collections left out) and asked of songs more alike than its own were (.9).
    pub teacher_learning: f64,
    /// Share of a genre's own correlation that is left where the genre is only heard.
    pub tag_hearing: f64,
    /// How much of the correlation between two kinds of evidence on free music, which is more
    /// diverse than songs are, is expected between them on songs.
    pub evidence_overlap: f64,
    /// Features that the labelled clips can teach. Hardly any clip is instrumental, spoken or
    /// recorded live, so that their ranks in these features say next to nothing.
    pub statistics_features: Vec<Feature>,
}

impl Default for HeadsConfig {
    fn default() -> Self {
        Self {
            teacher_penalty: 100.0,
            statistics_penalty: 100.0,
            teacher_reliability: [0.70, 0.75, 0.85, 0.60, 0.40, 0.73, 0.70],
            teacher_learning: 0.85 * 0.9,
            tag_hearing: 0.7,
            evidence_overlap: 0.8,
            statistics_features: vec![
                Feature::Acousticness,
                Feature::Danceability,
                Feature::Energy,
                Feature::Valence,
            ],
        }
    }
}

/// What training learned about itself; saved with the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pub segments: usize,
    pub hours_by_collection: Vec<(String, f64)>,
    /// In the order of the seven features, as everything below.
    pub features: Vec<Feature>,
    /// Correlation with the teacher's answers on collections left out.
    pub teacher_agreement: Vec<f64>,
    /// Share of the variance of normal scores that genres and decades explain in the table.
    pub tags_explained: Vec<f64>,
    /// Correlation with Spotify's values on artists left out, through statistics alone.
    pub statistics_agreement: Vec<f64>,
    /// Mean absolute error there, and of the clips' own median.
    pub statistics_error: Vec<f64>,
    pub statistics_median_error: Vec<f64>,
    /// Of teacher, tags and statistics.
    pub weights: Vec<[f64; 3]>,
    /// Correlation with true normal scores that follows from the weights.
    pub expected_reliability: Vec<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    config: HeadsConfig,
    account: Account,
}

pub fn run(args: HeadsArgs) -> Result<ExitCode> {
    let config = HeadsConfig::default();
    let (backbone, tags) = backbone(&args.out)?;
    let population = Population::of_musicnn(backbone.teacher_channels())?;
    let rows = table::read(&args.tracks)?;
    let clips = LabelledStatistics::read(&args.statistics)?;
    let segments = segments::read(&args.audio, &args.labels, &args.cache, &backbone)?;
    let reference = Reference::of(&rows)?;
    let (heads, account) = train(
        &config, population, &tags, &rows, &reference, &clips, &segments,
    )?;
    for (position, feature) in account.features.iter().enumerate() {
        println!(
            "{:<17} weights teacher {:.2} tags {:.2} statistics {:.2}  teacher r {:.2}  statistics r {:.2}  expected r {:.2}",
            feature.name(),
            account.weights[position][0],
            account.weights[position][1],
            account.weights[position][2],
            account.teacher_agreement[position],
            account.statistics_agreement[position],
            account.expected_reliability[position],
        );
    }
    let path = args.out.join(FEATURE_ERRORS_FILE);
    let known: FeatureErrors = serde_json::from_slice(
        &std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
    )?;
    let errors = errors::of(
        &heads,
        &account.expected_reliability,
        &reference,
        &rows,
        &clips,
        known,
    )?;
    std::fs::write(&path, serde_json::to_string_pretty(&errors)? + "\n")?;
    write(&args.out, &heads, &Saved { config, account })?;
    Ok(ExitCode::SUCCESS)
}

fn train(
    config: &HeadsConfig,
    population: Population,
    tags: &[String],
    rows: &[table::Row],
    reference: &Reference,
    clips: &LabelledStatistics,
    segments: &Segments,
) -> Result<(Heads, Account)> {
    let teacher = Teacher::fit(segments, &population, config.teacher_penalty)?;
    let prior = TagPrior::fit(rows, tags, &population.logit_mean, reference)?;
    let statistics = StatisticsHead::fit(clips, reference, config.statistics_penalty)?;
    let tag_reliability: Vec<f64> = prior
        .explained
        .iter()
        .map(|explained| config.tag_hearing * explained.max(MINIMUM_EXPLAINED).sqrt())
        .collect();
    let mut heads = Heads {
        // A calibrated estimate of a normal score varies as much as it is reliable.
        tag_deviation: tag_reliability.clone(),
        weights: vec![[0.0; 3]; Feature::PERCEPTUAL.len()],
        scale: fitted::scale_of(reference),
        population,
        teacher,
        tags: prior,
        statistics,
    };

    let evidence = heads.evidence(segments.embedding.view(), segments.statistics.view());
    let mut expected_reliability = Vec::new();
    for (feature, name) in Feature::PERCEPTUAL.iter().enumerate() {
        let taught = config.statistics_features.contains(name);
        let reliability = [
            config.teacher_reliability[feature] * config.teacher_learning,
            tag_reliability[feature],
            if taught {
                heads.statistics.agreement[feature].max(0.0)
            } else {
                0.0
            },
        ];
        let correlations = Array2::from_shape_fn((3, 3), |(a, b)| {
            if a == b {
                return 1.0;
            }
            config.evidence_overlap
                * correlation(evidence[a].column(feature), evidence[b].column(feature))
        });
        let weights = blend::weights(&reliability, &correlations)?;
        let explained: f64 = weights.iter().zip(reliability).map(|(w, r)| w * r).sum();
        expected_reliability.push(explained.sqrt());
        heads.weights[feature] = [weights[0], weights[1], weights[2]];
    }
    let (statistics_error, statistics_median_error) =
        left_out_errors(clips, reference, &heads.statistics.left_out);
    let account = Account {
        segments: segments.labels.nrows(),
        hours_by_collection: segments.hours.clone(),
        features: Feature::PERCEPTUAL.to_vec(),
        teacher_agreement: heads.teacher.agreement.clone(),
        tags_explained: heads.tags.explained.clone(),
        statistics_agreement: heads.statistics.agreement.clone(),
        statistics_error,
        statistics_median_error,
        weights: heads.weights.clone(),
        expected_reliability,
    };
    Ok((heads, account))
}

/// Mean absolute errors of left-out estimates, and of always answering the clips' median.
fn left_out_errors(
    clips: &LabelledStatistics,
    reference: &Reference,
    scores: &Array2<f64>,
) -> (Vec<f64>, Vec<f64>) {
    (0..Feature::PERCEPTUAL.len())
        .map(|feature| {
            let truth = clips.features.column(feature);
            let mut sorted = truth.to_vec();
            sorted.sort_by(f64::total_cmp);
            let median = sorted[sorted.len() / 2];
            let count = truth.len() as f64;
            let estimated: f64 = truth
                .iter()
                .zip(scores.column(feature))
                .map(|(value, &score)| (value - reference.value(feature, score)).abs())
                .sum();
            let constant: f64 = truth.iter().map(|value| (value - median).abs()).sum();
            (estimated / count, constant / count)
        })
        .unzip()
}

/// The backbone that the manifest in `models` names, and its tags; the manifest may lack all else.
pub fn backbone(models: &Path) -> Result<(Backbone, Vec<String>)> {
    let path = models.join(MANIFEST_FILE);
    let manifest: serde_json::Value = serde_json::from_slice(
        &std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
    )?;
    let entry: BackboneEntry = serde_json::from_value(manifest["backbone"].clone())
        .with_context(|| format!("{} has no backbone", path.display()))?;
    let content = std::fs::read(models.join(&entry.file.file))?;
    let files = [(entry.file.file.clone(), content)].into_iter().collect();
    let backbone = Backbone::load(&entry, &files)?;
    Ok((backbone, entry.tags))
}

/// Writes the heads' graph, which takes an embedding of `embedding_width`, and its manifest entry.
pub fn replace_graph(models: &Path, onnx: &[u8], embedding_width: usize) -> Result<()> {
    let file: FileEntry = artifact::write(models, MODEL_FILE, onnx)?;
    let entry = HeadsEntry {
        file,
        embedding_width,
        statistics_width: Statistics::WIDTH,
        outputs: Feature::PERCEPTUAL.to_vec(),
    };
    artifact::set_manifest_entry(models, "heads", &entry)
}

fn write(models: &Path, heads: &Heads, saved: &Saved) -> Result<()> {
    replace_graph(models, &heads.onnx(), heads.population.embedding_width())?;
    let text = serde_json::to_string_pretty(saved)? + "\n";
    std::fs::write(models.join(CONFIG_FILE), text)?;
    Ok(())
}
