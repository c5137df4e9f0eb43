//! Labelled segments of freely licensed music, as the backbone and the signal statistics describe them.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use foretune::backbone::{Backbone, Embedding};
use foretune::clip::Clip;
use foretune::features::Feature;
use foretune::features::statistics::Statistics;
use foretune::measurements::SIGNAL_RATE_HZ;
use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::resample::resample;
use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{Array2, Axis, Slice};
use serde::{Deserialize, Serialize};

use crate::decode::decode_file;

/// Windows of the backbone that a segment is heard through: enough for thirty seconds, half of
/// what a song gets, because hearing them is what training spends its time on.
const WINDOWS: usize = 5;

/// One line of the labels' file, as `train/labels/teacher.py` writes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Label {
    /// Relative to the audio folder; the first folder of it is the collection.
    pub path: String,
    pub start_seconds: f64,
    pub seconds: f64,
    pub acousticness: f64,
    pub danceability: f64,
    pub energy: f64,
    pub instrumentalness: f64,
    pub liveness: f64,
    pub speechiness: f64,
    pub valence: f64,
}

impl Label {
    fn values(&self) -> [f64; 7] {
        [
            self.acousticness,
            self.danceability,
            self.energy,
            self.instrumentalness,
            self.liveness,
            self.speechiness,
            self.valence,
        ]
    }

    fn key(&self) -> String {
        format!("{}@{:.2}", self.path, self.start_seconds)
    }
}

/// A segment's description; kept in a cache, because it does not depend on the labels.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Heard {
    key: String,
    embedding: Vec<f32>,
    statistics: Vec<f32>,
}

/// All segments, one a row.
#[derive(Debug, Clone)]
pub struct Segments {
    /// The collection each comes from; collections are never split between training and testing.
    pub collection: Vec<String>,
    pub hours: Vec<(String, f64)>,
    /// `[segments, embedding]`, as [`Embedding::to_vec`] lays it out.
    pub embedding: Array2<f64>,
    /// `[segments, Statistics::WIDTH]`
    pub statistics: Array2<f64>,
    /// `[segments, 7]` in the order of [`Feature::PERCEPTUAL`], 0..1.
    pub labels: Array2<f64>,
}

/// Reads labels, and describes every segment that `cache` does not hold yet.
pub fn read(audio: &Path, labels: &Path, cache: &Path, backbone: &Backbone) -> Result<Segments> {
    let mut labelled: Vec<Label> = csv::Reader::from_path(labels)
        .and_then(|mut reader| reader.deserialize().collect::<Result<_, _>>())
        .with_context(|| format!("cannot read labels from {}", labels.display()))?;
    // One file after the other, so that each is decoded once.
    labelled.sort_by(|a, b| {
        a.path
            .cmp(&b.path)
            .then(a.start_seconds.total_cmp(&b.start_seconds))
    });
    let mut heard = read_cache(cache)?;
    describe_missing(audio, &labelled, cache, backbone, &mut heard)?;

    let found: Vec<(&Label, &Heard)> = labelled
        .iter()
        .filter_map(|label| Some((label, heard.get(&label.key())?)))
        .collect();
    ensure!(
        !found.is_empty(),
        "none of the labelled segments could be heard"
    );
    let mut hours: Vec<(String, f64)> = Vec::new();
    for (label, _) in &found {
        let name = collection(&label.path);
        match hours.iter_mut().find(|(other, _)| *other == name) {
            Some((_, sum)) => *sum += label.seconds / 3600.0,
            None => hours.push((name, label.seconds / 3600.0)),
        }
    }
    Ok(Segments {
        collection: found
            .iter()
            .map(|(label, _)| collection(&label.path))
            .collect(),
        hours,
        embedding: matrix(found.iter().map(|(_, heard)| &heard.embedding))?,
        statistics: matrix(found.iter().map(|(_, heard)| &heard.statistics))?,
        labels: Array2::from_shape_vec(
            (found.len(), Feature::PERCEPTUAL.len()),
            found.iter().flat_map(|(label, _)| label.values()).collect(),
        )?,
    })
}

fn collection(path: &str) -> String {
    let path = path.trim_start_matches("./");
    path.split('/').next().unwrap_or(path).to_owned()
}

fn matrix<'a>(rows: impl Iterator<Item = &'a Vec<f32>>) -> Result<Array2<f64>> {
    let mut values = Vec::new();
    let mut count = 0;
    for row in rows {
        values.extend(row.iter().map(|&value| f64::from(value)));
        count += 1;
    }
    let width = values.len() / count;
    Array2::from_shape_vec((count, width), values)
        .context("the cache mixes descriptions of different widths")
}

/// The cache: one JSON object a line, appended to as segments are heard, so that a run that is
/// stopped goes on where it was.
fn read_cache(cache: &Path) -> Result<HashMap<String, Heard>> {
    if !cache.exists() {
        return Ok(HashMap::new());
    }
    let text =
        fs::read_to_string(cache).with_context(|| format!("cannot read {}", cache.display()))?;
    Ok(text
        .lines()
        // The last line of a stopped run may be cut off.
        .filter_map(|line| serde_json::from_str::<Heard>(line).ok())
        .map(|heard| (heard.key.clone(), heard))
        .collect())
}

fn describe_missing(
    audio: &Path,
    labelled: &[Label],
    cache: &Path,
    backbone: &Backbone,
    heard: &mut HashMap<String, Heard>,
) -> Result<()> {
    let missing: Vec<&Label> = labelled
        .iter()
        .filter(|label| !heard.contains_key(&label.key()))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(cache)
        .with_context(|| format!("cannot write {}", cache.display()))?;
    let progress = ProgressBar::new(missing.len() as u64).with_style(ProgressStyle::with_template(
        "hearing {bar:40} {pos}/{len} {eta} {msg}",
    )?);
    for song in missing.chunk_by(|a, b| a.path == b.path) {
        progress.set_message(song[0].path.clone());
        match decode_file(&audio.join(&song[0].path)) {
            Ok(decoded) => {
                for label in song {
                    if let Some(description) = describe(&decoded.clip, label, backbone)? {
                        writeln!(file, "{}", serde_json::to_string(&description)?)?;
                        heard.insert(label.key(), description);
                    }
                }
            }
            // One unreadable file must not cost the hour that the others took.
            Err(error) => progress.println(format!("left out {}: {error:#}", song[0].path)),
        }
        progress.inc(song.len() as u64);
    }
    progress.finish_and_clear();
    Ok(())
}

/// `None` where the segment is silent or too short to be a clip.
fn describe(clip: &Clip, label: &Label, backbone: &Backbone) -> Result<Option<Heard>> {
    let rate = clip.sample_rate_hz();
    let length = clip.channels()[0].len();
    let start = ((label.start_seconds * f64::from(rate)) as usize).min(length);
    let end = (start + (label.seconds * f64::from(rate)) as usize).min(length);
    let channels = clip
        .channels()
        .iter()
        .map(|channel| channel[start..end].to_vec())
        .collect();
    let Ok(segment) = Clip::new(channels, rate) else {
        return Ok(None);
    };
    let mono = segment.mono();
    let (embedding, statistics) = hear(&mono, rate, backbone)?;
    Ok(embedding.map(|embedding| Heard {
        key: label.key(),
        embedding: embedding.to_vec(),
        statistics,
    }))
}

/// The pooled embedding and the statistics of `mono`.
fn hear(mono: &[f32], rate_hz: u32, backbone: &Backbone) -> Result<(Option<Embedding>, Vec<f32>)> {
    let signal = resample(mono, rate_hz, MelConfig::BACKBONE.sample_rate_hz)?;
    let log_mel = MelSpectrogram::new(MelConfig::BACKBONE).log_mel(&signal);
    let length = backbone.window_frames();
    let count = (log_mel.nrows() / length).min(WINDOWS);
    let last = log_mel.nrows().saturating_sub(length);
    let windows = (0..count)
        .map(|index| {
            let start = index * last / (count - 1).max(1);
            backbone.embed(log_mel.slice_axis(Axis(0), Slice::from(start..start + length)))
        })
        .collect::<foretune::Result<Vec<_>>>()?;
    let statistics = Statistics::measure(&resample(mono, rate_hz, SIGNAL_RATE_HZ)?).to_array();
    Ok((Embedding::mean(&windows), statistics))
}
