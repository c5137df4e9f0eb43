//! Decoding a catalogue's audio once: the spectrogram, the backbone's embedding and the estimated
//! features of every song, on all cores, into files that training streams.
//!
//! A run does what is missing and nothing else. Files that cannot be heard are listed with a code in
//! `extracted/failed-*.csv` and not tried again until they change. Any number of jobs may work on one
//! catalogue, each with a `--shard` of its own.

mod failures;
mod heard;
mod shard;
pub mod store;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use foretune::Engine;
use foretune::backbone::Embedding;
use foretune::front_end::Processed;
use half::f16;
use half::slice::HalfFloatSliceExt as _;
use jiff::Timestamp;
use rayon::prelude::*;

use crate::catalogue::{self, SONGS_FILE};
use crate::collect;
use crate::decode::decode_file;
use crate::predict::load_engine;
use crate::progress::{self, Progress};
use failures::{Failure, Failures};
use store::{Extract, Extracted, FOLDER, Recipe, Stamp, write_part};

pub use shard::Shard;

#[derive(clap::Args)]
pub struct ExtractArgs {
    /// Folder of the catalogue: the files of its songs.csv are extracted
    #[arg(long)]
    catalogue: PathBuf,
    /// Instead of the files of songs.csv, all audio files below this folder
    #[arg(long)]
    audio: Option<PathBuf>,
    /// Models that hear the songs
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Only so much of each song's middle
    #[arg(long)]
    seconds: Option<f64>,
    /// Only the files of one of N shards, as I/N with I from 0: one job of a batch
    #[arg(long, default_value_t = Shard::ALL)]
    shard: Shard,
}

/// Bytes of a part: what a run that is killed loses, and what is held in memory.
const PART_BYTES: usize = 64 * 1024 * 1024;

pub fn run(args: ExtractArgs) -> Result<ExitCode> {
    let engine = load_engine(&args.models)?;
    let files = match &args.audio {
        Some(audio) => collect::files_below(audio, &collect::AUDIO_ENDINGS)?
            .into_iter()
            .map(|path| Ok(std::path::absolute(path)?.display().to_string()))
            .collect::<Result<_>>()?,
        None => catalogue::file_names(&args.catalogue.join(SONGS_FILE))?,
    };
    ensure!(
        args.seconds.is_none_or(|seconds| seconds > 0.0),
        "--seconds must be above 0"
    );
    let recipe = Recipe::new(engine.version(), args.seconds);
    let done = extract(&args.catalogue, &files, &engine, &recipe, args.shard)?;
    println!("{}", done.in_words());
    if args.audio.is_none() && args.shard == Shard::ALL {
        let heard = heard::write(&args.catalogue)?;
        println!("{}", heard.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Done {
    extracted: usize,
    already: usize,
    failed: usize,
    failures: PathBuf,
    audio_seconds: f64,
    bytes: u64,
    took_seconds: f64,
    threads: usize,
}

impl Done {
    pub fn in_words(&self) -> String {
        let mut words = format!(
            "{} songs extracted, {} were already, {} cannot be heard",
            self.extracted, self.already, self.failed
        );
        if self.failed > 0 {
            words += &format!(" (see {})", self.failures.display());
        }
        if self.extracted > 0 {
            words += &format!(
                "\n{:.2} hours of audio in {:.1} s on {} threads: {:.0} times real time a core; {:.2} GB for 1,000 songs",
                self.audio_seconds / 3600.0,
                self.took_seconds,
                self.threads,
                self.audio_seconds / self.took_seconds / self.threads as f64,
                self.bytes as f64 / self.extracted as f64 * 1e-6
            );
        }
        if let Some(peak) = peak_memory_mb() {
            words += &format!("; at most {peak:.0} MB of memory");
        }
        words
    }
}

/// Linux keeps count of it; elsewhere nothing is said.
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Extracts those of `files` that `shard` holds and that are missing in the catalogue at `folder`.
pub fn extract(
    folder: &Path,
    files: &[String],
    engine: &Engine,
    recipe: &Recipe,
    shard: Shard,
) -> Result<Done> {
    let out = folder.join(FOLDER);
    std::fs::create_dir_all(&out)?;
    let extracted = Extracted::open(&out)?;
    if let Some(known) = &extracted.recipe {
        ensure!(
            known == recipe,
            "{} was made in another way ({known:?}, expected {recipe:?}). Remove it to extract anew, or use the same models and --seconds.",
            out.display()
        );
    }
    let name = format!("shard-{:05}-of-{:05}", shard.index, shard.of);
    let list = out.join(format!("failed-{name}.csv"));
    let mut failed = failures::read(&list)?;
    let mut done = Done {
        threads: rayon::current_num_threads(),
        failures: list.clone(),
        ..Done::default()
    };
    let mut missing = Vec::new();
    let mut seen = HashSet::new();
    for file in files.iter().filter(|file| shard.holds(file)) {
        if !seen.insert(file) {
            continue;
        }
        let stamp = match Stamp::of(folder, file) {
            Ok(stamp) => stamp,
            Err(error) => {
                let gone = Stamp {
                    file: file.clone(),
                    bytes: 0,
                    modified: 0,
                };
                failed.insert(file.clone(), Failure::new(gone, &error.into()));
                continue;
            }
        };
        if extracted.has(&stamp) {
            done.already += 1;
        } else if !failed
            .get(file)
            .is_some_and(|failure| failure.is_of(&stamp))
        {
            failed.remove(file);
            missing.push(stamp);
        }
    }
    let started = Instant::now();
    let (sender, receiver) = sync_channel(2 * done.threads);
    let written = std::thread::scope(|scope| {
        let total = missing.len();
        let writer = scope.spawn({
            let (out, name, done, failed) = (&out, &name, &mut done, &mut failed);
            move || write(&receiver, out, name, recipe, total, done, failed)
        });
        // A song held up by a full channel holds up its thread alone: that bounds the memory.
        missing
            .into_par_iter()
            .for_each_with(sender, |sender, stamp| {
                let outcome = hear(folder, &stamp, engine, recipe.seconds);
                let _ = sender.send(outcome.map_err(|error| Failure::new(stamp, &error)));
            });
        writer.join()
    });
    match written {
        Ok(written) => written?,
        Err(panic) => std::panic::resume_unwind(panic),
    }
    done.took_seconds = started.elapsed().as_secs_f64();
    done.failed = failed.len();
    failures::write(&list, &failed)?;
    Ok(done)
}

/// Gathers songs to parts as they come, in whatever order.
fn write(
    receiver: &Receiver<std::result::Result<Extract, Failure>>,
    out: &Path,
    name: &str,
    recipe: &Recipe,
    total: usize,
    done: &mut Done,
    failed: &mut Failures,
) -> Result<()> {
    let mut progress = Progress::new("extracting".to_owned(), total);
    let mut songs: Vec<Extract> = Vec::new();
    let flush = |songs: &mut Vec<Extract>| -> Result<u64> {
        if songs.is_empty() {
            return Ok(0);
        }
        let bytes = write_part(out, name, recipe, songs, Timestamp::now().as_millisecond())?;
        songs.clear();
        Ok(bytes)
    };
    loop {
        match receiver.recv_timeout(progress::REPORT_EVERY) {
            Ok(Ok(song)) => {
                done.extracted += 1;
                done.audio_seconds += song.duration_seconds;
                songs.push(song);
                progress.advance(1);
            }
            Ok(Err(failure)) => {
                failed.insert(failure.file.clone(), failure);
                progress.advance(1);
            }
            Err(RecvTimeoutError::Timeout) => progress.report(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if songs.iter().map(Extract::bytes).sum::<usize>() >= PART_BYTES {
            done.bytes += flush(&mut songs)?;
        }
    }
    done.bytes += flush(&mut songs)?;
    progress.finish();
    Ok(())
}

fn hear(folder: &Path, stamp: &Stamp, engine: &Engine, seconds: Option<f64>) -> Result<Extract> {
    let clip = decode_file(&folder.join(&stamp.file))?.clip;
    let duration_seconds = clip.duration_seconds();
    let clip = match seconds {
        Some(seconds) => clip.middle(seconds)?,
        None => clip,
    };
    let (log_mel, measured) = Processed::of(&clip, || Ok(()))?.into_parts();
    let windows = engine
        .window_starts(log_mel.nrows())
        .into_iter()
        .map(|start| Ok(engine.listen(&log_mel, start)?.embedding))
        .collect::<Result<Vec<Embedding>>>()?;
    let embedding = Embedding::mean(&windows).context("it is shorter than a window")?;
    let features = engine.features(&embedding, &measured.statistics, &measured.signal)?;
    Ok(Extract {
        stamp: stamp.clone(),
        duration_seconds,
        mel: halves(log_mel.as_standard_layout().as_slice().unwrap_or_default()),
        embedding: halves(&embedding.to_vec()),
        features: features.to_array(),
    })
}

fn halves(values: &[f32]) -> Vec<f16> {
    let mut halves = vec![f16::ZERO; values.len()];
    halves.convert_from_f32_slice(values);
    halves
}
