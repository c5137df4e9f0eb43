//! Measuring tempo and key on songs whose truth is known, and fitting the weights they choose by.

mod fit;
mod logit;
mod score;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use foretune::clip::Clip;
use foretune::features::key::{self, Harmony, Key};
use foretune::features::onsets::Onsets;
use foretune::features::tempo::{self, Tempo};
use foretune::measurements::SIGNAL_RATE_HZ;
use foretune::resample::resample_mono;
use rayon::prelude::*;
use serde::Deserialize;

use crate::decode::decode_file;
use crate::render::{Song, render};
use score::Score;

#[derive(clap::Args)]
pub struct SignalArgs {
    /// Folders with songs and their truth.csv, as `render` and the scripts of train/songs write them
    #[arg(long)]
    songs: Vec<PathBuf>,
    /// How many songs to render, beside or instead of those
    #[arg(long, default_value_t = 0, required_unless_present = "songs")]
    rendered: usize,
    /// Seed of the rendered songs; 1 to 999 are for fitting, others for measuring
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// Length of the rendered songs
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Fit the weights to these songs and write them to this Rust file, instead of measuring
    #[arg(long)]
    fit: Option<PathBuf>,
}

/// One row of truth.csv; what is not known is left empty, other columns are for the reader.
#[derive(Debug, Clone, Deserialize)]
struct Truth {
    file: String,
    tempo_bpm: Option<f32>,
    /// 0 = C … 11 = B.
    key: Option<u8>,
    /// 1 major, 0 minor.
    mode: Option<u8>,
}

impl Truth {
    fn pitch_class_and_mode(&self) -> Option<(u8, u8)> {
        self.key.zip(self.mode)
    }
}

/// Songs of one kind, and what is true of each.
struct Collection {
    name: String,
    songs: Vec<(Source, Truth)>,
}

enum Source {
    File(PathBuf),
    Rendered(Song),
}

impl Source {
    /// The mean channel at the rate that the features are taken at.
    fn mono(&self) -> anyhow::Result<Vec<f32>> {
        let clip = match self {
            Self::File(path) => {
                decode_file(path)
                    .with_context(|| format!("decoding {}", path.display()))?
                    .clip
            }
            Self::Rendered(song) => Clip::new(render(song), song.sample_rate_hz)?,
        };
        Ok(resample_mono(&clip, SIGNAL_RATE_HZ)?)
    }
}

pub fn run(args: SignalArgs) -> anyhow::Result<ExitCode> {
    let mut collections: Vec<Collection> = args
        .songs
        .iter()
        .map(|folder| read(folder))
        .collect::<anyhow::Result<_>>()?;
    if args.rendered > 0 {
        collections.push(rendered(args.seed, args.rendered, args.seconds));
    }
    if let Some(path) = args.fit {
        let songs: Vec<(Source, Truth)> = collections
            .into_iter()
            .flat_map(|collection| collection.songs)
            .collect();
        std::fs::write(&path, fit::fitted(&songs)?)
            .with_context(|| format!("writing {}", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    for collection in &collections {
        println!("{}\n{}", collection.name, measured(&collection.songs)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn read(folder: &Path) -> anyhow::Result<Collection> {
    let table = folder.join("truth.csv");
    let mut reader =
        csv::Reader::from_path(&table).with_context(|| format!("reading {}", table.display()))?;
    let songs = reader
        .deserialize()
        .map(|row| {
            let truth: Truth = row?;
            Ok((Source::File(folder.join(&truth.file)), truth))
        })
        .collect::<anyhow::Result<_>>()?;
    let name = folder.display().to_string();
    Ok(Collection { name, songs })
}

fn rendered(seed: u64, count: usize, seconds: f64) -> Collection {
    let songs = (0..count)
        .map(|index| {
            let song = Song::draw(seed, index, seconds, SIGNAL_RATE_HZ);
            let truth = Truth {
                file: String::new(),
                tempo_bpm: Some(song.tempo_bpm as f32),
                key: Some(song.pitch_class),
                mode: Some(u8::from(song.is_major())),
            };
            (Source::Rendered(song), truth)
        })
        .collect();
    Collection {
        name: format!("{count} songs rendered with seed {seed}, {seconds} s each"),
        songs,
    }
}

fn measured(songs: &[(Source, Truth)]) -> anyhow::Result<Score> {
    let results: Vec<(Tempo, Key)> = songs
        .par_iter()
        .map(|(source, _)| anyhow::Ok(answers(&source.mono()?)))
        .collect::<anyhow::Result<_>>()?;
    let mut score = Score::default();
    for ((_, truth), (tempo, key)) in songs.iter().zip(&results) {
        score.add(truth, tempo.bpm, (key.pitch_class, key.mode));
    }
    Ok(score)
}

fn answers(mono: &[f32]) -> (Tempo, Key) {
    let tempo = tempo::estimate(&Onsets::measure(mono));
    (tempo, key::estimate(Harmony::measure(mono).as_ref()))
}

#[cfg(test)]
mod tests;
