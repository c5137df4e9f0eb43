//! A catalogue: a folder with audio, and `songs.csv` that says how popular each song is.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use foretune::Engine;
use foretune::mel::MelConfig;
use half::f16;
use serde::{Deserialize, Serialize};

use super::network::Stream;
use crate::extract::store::{Extracted, Recipe, Stored};
use crate::extract::{self, Shard};
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
    pub sounds: Sounds,
}

/// What can be heard of a song; spectrograms stay on the disk until they are needed.
pub enum Sounds {
    Nothing,
    /// The frozen backbone's, of the whole song.
    Embedding(Vec<f16>),
    /// Evenly spread over the song, in the order of time.
    Patches {
        song: Stored,
        config: PatchConfig,
    },
}

impl Sounds {
    /// How many there are to choose from, at least 1.
    pub fn count(&self) -> usize {
        match self {
            Self::Patches { config, .. } => config.per_song.max(1),
            Self::Embedding(_) | Self::Nothing => 1,
        }
    }

    /// One of them, row-major; `None` where there is nothing to hear.
    pub fn read(&self, index: usize) -> Result<Option<Vec<f32>>> {
        match self {
            Self::Nothing => Ok(None),
            Self::Embedding(values) => Ok(Some(values.iter().map(|v| v.to_f32()).collect())),
            Self::Patches { song, config } => {
                let start = start_of(index, song.frames, config);
                let frames = config.frames.min(song.frames - start);
                Ok(Some(pooled(&song.mel(start, frames)?, config)))
            }
        }
    }

    /// Values of an embedding.
    pub fn width(&self) -> usize {
        match self {
            Self::Embedding(values) => values.len(),
            Self::Patches { .. } | Self::Nothing => 1,
        }
    }
}

/// Reads a catalogue; extracts first what of its audio is not yet. Features that the table lacks are
/// those that `engine` estimates.
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
    let rows = table::read(&path)?;
    ensure!(
        rows.len() == files.len(),
        "{} cannot be read row by row",
        path.display()
    );
    let out = folder.join(extract::store::FOLDER);
    let before = Extracted::open(&out)?.recipe;
    let recipe = Recipe::new(engine.version(), before.and_then(|recipe| recipe.seconds));
    let done = extract::extract(folder, &files, engine, &recipe, Shard::ALL)?;
    eprintln!("{}", done.in_words());
    let extracted = Extracted::open(&out)?;
    let mut known = Vec::new();
    let mut stored = Vec::new();
    for (mut row, file) in rows.into_iter().zip(&files) {
        let Some(song) = extracted.get(file) else {
            continue;
        };
        if row.features.iter().any(Option::is_none) {
            for (feature, estimate) in row.features.iter_mut().zip(song.features()?) {
                feature.get_or_insert(estimate);
            }
        }
        row.duration_seconds
            .get_or_insert(song.duration_seconds as f32);
        // Every row has its features now, so only those without a popularity drop out.
        if row.popularity.is_some() {
            stored.push(song.clone());
        }
        known.push(row);
    }
    let heard: Vec<Heard> = songs::labelled(&known, seed, split)?
        .into_iter()
        .zip(stored)
        .map(|(labelled, song)| {
            let sounds = match stream {
                Stream::Spectrogram => Sounds::Patches {
                    song,
                    config: patches.clone(),
                },
                Stream::FrozenBackbone => Sounds::Embedding(song.embedding()?),
                Stream::None => Sounds::Nothing,
            };
            Ok(Heard { labelled, sounds })
        })
        .collect::<Result<_>>()?;
    ensure!(
        !heard.is_empty(),
        "no song of {} that can be heard has a popularity",
        path.display()
    );
    Ok(heard)
}

/// The column `file` of a catalogue's table.
pub fn file_names(path: &Path) -> Result<Vec<String>> {
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

/// First frame of a patch: they are evenly spread over the song.
fn start_of(patch: usize, frames: usize, config: &PatchConfig) -> usize {
    let last = frames.saturating_sub(config.frames);
    match config.per_song {
        0 | 1 => last / 2,
        count => patch * last / (count - 1),
    }
}

/// Frames averaged to a patch's cells; fewer than a patch are repeated until they fill it.
fn pooled(mel: &[f16], config: &PatchConfig) -> Vec<f32> {
    let bands = MelConfig::BACKBONE.n_mels;
    let frames = (mel.len() / bands).max(1);
    let [rows, columns] = config.shape();
    let cells = (config.pool_frames * config.pool_bands) as f32;
    (0..rows * columns)
        .map(|cell| {
            let (row, column) = (cell / columns, cell % columns);
            let sum: f32 = (0..config.pool_frames)
                .map(|frame| {
                    let frame = (row * config.pool_frames + frame) % frames;
                    let first = frame * bands + column * config.pool_bands;
                    let bands = &mel[first..first + config.pool_bands];
                    bands.iter().map(|value| value.to_f32()).sum::<f32>()
                })
                .sum();
            sum / cells
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_average_spread_over_the_song_and_repeat_what_is_too_short() {
        let config = PatchConfig {
            per_song: 2,
            frames: 4,
            pool_frames: 2,
            pool_bands: 48,
        };
        let frames = |range: std::ops::Range<usize>| -> Vec<f16> {
            range
                .flat_map(|frame| {
                    (0..96).map(move |band| {
                        f16::from_f32(frame as f32 + if band < 48 { 0.0 } else { 100.0 })
                    })
                })
                .collect()
        };
        let patch = |index| {
            let start = start_of(index, 10, &config);
            pooled(&frames(start..start + 4), &config)
        };
        assert_eq!(patch(0), [0.5, 100.5, 2.5, 102.5]);
        assert_eq!(patch(1), [6.5, 106.5, 8.5, 108.5]);
        assert_eq!(start_of(1, 3, &config), 0);
        assert_eq!(pooled(&frames(0..3), &config), [0.5, 100.5, 1.0, 101.0]);
    }
}
