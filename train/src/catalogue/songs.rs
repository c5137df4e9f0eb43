//! A catalogue: a folder with audio, and `songs.csv` that says how popular each song is.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use foretune::Engine;
use foretune::backbone::Embedding;
use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::popularity::Context;
use foretune::resample::resample;
use half::f16;
use indicatif::{ProgressBar, ProgressStyle};
use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::network::Stream;
use crate::decode::decode_file;
use crate::popularity::songs::{self, Labelled};
use crate::popularity::split::SplitConfig;
use crate::table;

/// The catalogue's table: a column `file`, relative to the folder, beside a training table's.
pub const SONGS_FILE: &str = "songs.csv";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatchConfig {
    /// Patches of a song, spread evenly over it; training draws one of them an epoch.
    pub per_song: usize,
    /// Frames of the backbone's spectrogram (16 ms each) in a patch.
    pub frames: usize,
    /// Frames and bands that are averaged to one row and column of a patch.
    pub pool_frames: usize,
    pub pool_bands: usize,
}

impl PatchConfig {
    /// Rows and columns of a patch: time and bands.
    pub fn shape(&self) -> [usize; 2] {
        [
            self.frames / self.pool_frames,
            MelConfig::BACKBONE.n_mels / self.pool_bands,
        ]
    }
}

/// A song of the catalogue and what the spectrogram stream reads of it.
pub struct Heard {
    pub labelled: Labelled,
    /// Patches in the order of time, each row-major; one embedding for the frozen backbone. Half
    /// precision, as a large catalogue is held in memory.
    pub sounds: Vec<Vec<f16>>,
}

/// Reads and decodes a catalogue. Features that the table lacks are estimated by `engine`.
pub fn read(
    folder: &Path,
    patches: &PatchConfig,
    stream: Stream,
    engine: &Engine,
    seed: u64,
    split: &SplitConfig,
) -> Result<Vec<Heard>> {
    let path = folder.join(SONGS_FILE);
    let files = file_names(&path)?;
    let mut rows = table::read(&path)?;
    ensure!(
        rows.len() == files.len(),
        "{} cannot be read row by row",
        path.display()
    );
    let bar = ProgressBar::new(files.len() as u64).with_style(ProgressStyle::with_template(
        "listening {bar:30} {pos} of {len} ({elapsed}, {eta} left)",
    )?);
    let sounds: Vec<Vec<Vec<f16>>> = rows
        .par_iter_mut()
        .zip(&files)
        .map(|(row, file)| {
            let song = folder.join(file);
            let clip = decode_file(&song)
                .with_context(|| format!("cannot hear {}", song.display()))?
                .clip;
            if row.features.iter().any(Option::is_none) {
                let analysis = engine.analyze(&clip, &Context::default(), &mut |_, _| true)?;
                let estimated = analysis.prediction.features.to_array();
                for (known, estimate) in row.features.iter_mut().zip(estimated) {
                    known.get_or_insert(estimate);
                }
            }
            row.duration_seconds
                .get_or_insert(clip.duration_seconds() as f32);
            let mel = MelConfig::BACKBONE;
            let signal = resample(&clip.mono(), clip.sample_rate_hz(), mel.sample_rate_hz)?;
            let log_mel = MelSpectrogram::new(mel).log_mel(&signal);
            let sounds = match stream {
                Stream::Spectrogram => patches_of(&log_mel, patches),
                Stream::FrozenBackbone => vec![embedding(engine, &log_mel)?],
                Stream::None => Vec::new(),
            };
            bar.inc(1);
            Ok(sounds)
        })
        .collect::<Result<_>>()?;
    bar.finish_and_clear();
    // Every row has its features now, so only those without a popularity drop out.
    let popular: Vec<bool> = rows.iter().map(|row| row.popularity.is_some()).collect();
    let sounds = sounds
        .into_iter()
        .zip(popular)
        .filter_map(|(sounds, popular)| popular.then_some(sounds));
    let heard: Vec<Heard> = songs::labelled(&rows, seed, split)
        .into_iter()
        .zip(sounds)
        .map(|(labelled, sounds)| Heard { labelled, sounds })
        .collect();
    ensure!(
        !heard.is_empty(),
        "no song of {} has a popularity",
        path.display()
    );
    Ok(heard)
}

fn file_names(path: &Path) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Named {
        file: String,
    }
    csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .deserialize()
        .map(|row| Ok(row.map(|row: Named| row.file)?))
        .collect::<Result<_>>()
        .with_context(|| format!("{} needs a column `file`", path.display()))
}

/// Evenly spread patches; a song shorter than one is repeated until it fills it.
fn patches_of(log_mel: &Array2<f32>, config: &PatchConfig) -> Vec<Vec<f16>> {
    let [rows, columns] = config.shape();
    let last = log_mel.nrows().saturating_sub(config.frames);
    let cells = (config.pool_frames * config.pool_bands) as f32;
    (0..config.per_song)
        .map(|patch| {
            let start = match config.per_song {
                1 => last / 2,
                _ => patch * last / (config.per_song - 1),
            };
            (0..rows * columns)
                .map(|cell| {
                    let (row, column) = (cell / columns, cell % columns);
                    let bands = column * config.pool_bands..(column + 1) * config.pool_bands;
                    let sum: f32 = (0..config.pool_frames)
                        .map(|frame| {
                            let frame = start + row * config.pool_frames + frame;
                            let frame = frame % log_mel.nrows().max(1);
                            bands
                                .clone()
                                .map(|band| log_mel[[frame, band]])
                                .sum::<f32>()
                        })
                        .sum();
                    f16::from_f32(sum / cells)
                })
                .collect()
        })
        .collect()
}

fn embedding(engine: &Engine, log_mel: &Array2<f32>) -> Result<Vec<f16>> {
    let windows = engine
        .window_starts(log_mel.nrows())
        .into_iter()
        .map(|start| Ok(engine.listen(log_mel, start)?.embedding))
        .collect::<Result<Vec<Embedding>>>()?;
    let pooled = Embedding::mean(&windows).context("a song is shorter than a window")?;
    Ok(pooled.to_vec().into_iter().map(f16::from_f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_average_and_spread_over_the_song() {
        let config = PatchConfig {
            per_song: 2,
            frames: 4,
            pool_frames: 2,
            pool_bands: 48,
        };
        let log_mel = Array2::from_shape_fn((10, 96), |(frame, band)| {
            frame as f32 + if band < 48 { 0.0 } else { 100.0 }
        });
        let patches = patches_of(&log_mel, &config);
        let plain: Vec<Vec<f32>> = patches
            .iter()
            .map(|patch| patch.iter().map(|cell| cell.to_f32()).collect())
            .collect();
        assert_eq!(plain, [[0.5, 100.5, 2.5, 102.5], [6.5, 106.5, 8.5, 108.5]]);
    }
}
