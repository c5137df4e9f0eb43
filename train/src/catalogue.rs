//! Training on a catalogue of one's own: audio and popularity, both streams at once.
//!
//! Two networks are trained on the same songs, one with the spectrogram and one without, so that
//! the report says what the sound adds. Leaves in the output folder: `two_stream.onnx` with
//! `two_stream.json` beside it, `report.json`, the curves as SVG, and a checkpoint of each.
//! The engine does not run this graph: it reads features, not spectrograms, for popularity.

mod fit;
mod network;
mod songs;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use burn::prelude::*;
use burn_onnx::export::OnnxExporter;
use foretune::mel::MelConfig;
use foretune::model::{FileEntry, OnnxModel};
use foretune::popularity::LEVELS;
use foretune::popularity::calibration::Calibration;
use foretune::popularity::columns::{COLUMNS_VERSION, Column, GenreVocabulary};
use serde::{Deserialize, Serialize};

use crate::plot::{Axis, Chart, Line};
use crate::popularity::fit::bins;
use crate::popularity::metrics::{Judged, Scores, reliability};
use crate::popularity::songs::Labelled;
use crate::popularity::split::{Part, SplitConfig};
use crate::popularity::{artifact, conformal, read_json, songs as tables};
use crate::predict::load_engine;
use fit::{FitConfig, Plan, Progress};
use network::{BlockConfig, Stream, TwoStream, TwoStreamConfig};
use songs::{Heard, PatchConfig};

pub use songs::{SONGS_FILE, file_names};

#[derive(clap::Args)]
pub struct CatalogueArgs {
    /// Instead of a table: a folder with audio and songs.csv, which has a column `file` beside a
    /// table's. Features that are left empty are estimated from the audio
    #[arg(long, conflicts_with = "table")]
    catalogue: Option<PathBuf>,
    /// Models that hear the catalogue: its missing features, or all of it with a frozen backbone
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Go on from the checkpoint in the output folder
    #[arg(long, requires = "catalogue")]
    resume: bool,
    /// Leave the rest to another run after this many epochs
    #[arg(long, requires = "catalogue", default_value_t = usize::MAX, hide_default_value = true)]
    epochs_at_most: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CatalogueConfig {
    seed: u64,
    split: SplitConfig,
    genre_minimum: usize,
    scale_bins: usize,
    stream: Stream,
    patches: PatchConfig,
    network: TwoStreamConfig,
    fit: FitConfig,
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        let block = |expansion, channels, stride| BlockConfig {
            expansion,
            channels,
            stride,
        };
        Self {
            seed: 1,
            split: SplitConfig {
                calibrate: 0.2,
                test: 0.2,
            },
            genre_minimum: 5,
            scale_bins: 12,
            stream: Stream::Spectrogram,
            // Six seconds a patch, 24 ms a row: about what MobileNetV2 is given of a picture.
            patches: PatchConfig {
                per_song: 8,
                frames: 376,
                pool_frames: 2,
                pool_bands: 1,
            },
            network: TwoStreamConfig {
                stem: 16,
                blocks: vec![
                    block(2, 16, 1),
                    block(4, 24, 2),
                    block(4, 24, 1),
                    block(4, 40, 2),
                    block(4, 40, 1),
                    block(4, 80, 2),
                    block(4, 80, 1),
                ],
                width: 64,
                genre_width: 8,
                hidden: 64,
                dropout: 0.2,
            },
            fit: FitConfig {
                epochs: 40,
                batch_size: 32,
                learning_rate: 2e-3,
                weight_decay: 1e-2,
                patience: 8,
            },
        }
    }
}

/// What `two_stream.json` says of the graph beside it.
#[derive(Serialize)]
struct TwoStreamEntry<'a> {
    #[serde(flatten)]
    file: FileEntry,
    stream: Stream,
    mel: MelConfig,
    patches: &'a PatchConfig,
    columns_version: u32,
    columns: Vec<String>,
    genre_terms: &'a [String],
    levels: &'a [f32],
    offsets: &'a [f32],
}

#[derive(Serialize)]
struct Report {
    training_songs: usize,
    test_songs: usize,
    two_stream: Scores,
    statistics_only: Scores,
    /// Greatest difference between burn's answers and the exported graph's in tract, in points.
    onnx_difference: f32,
}

/// Where networks are trained: a GPU where one was compiled in, otherwise the processor.
fn device() -> Device {
    #[cfg(feature = "cuda")]
    return Device::cuda(0);
    #[cfg(all(feature = "wgpu", not(feature = "cuda")))]
    return Device::wgpu(Default::default());
    #[cfg(not(any(feature = "cuda", feature = "wgpu")))]
    Device::flex()
}

pub fn run(args: &CatalogueArgs, out: &Path, config: Option<&Path>, seed: u64) -> Result<ExitCode> {
    let folder = args.catalogue.as_deref().context("no catalogue given")?;
    let config = CatalogueConfig {
        seed,
        ..match config {
            Some(path) => read_json(path)?,
            None => CatalogueConfig::default(),
        }
    };
    std::fs::create_dir_all(out)?;
    let saved = out.join("catalogue.config.json");
    if args.resume && saved.exists() {
        ensure!(
            read_json::<CatalogueConfig>(&saved)? == config,
            "{} is of another configuration; train without --resume",
            out.display()
        );
    }
    std::fs::write(&saved, serde_json::to_string_pretty(&config)? + "\n")?;

    let engine = load_engine(&args.models)?;
    let mut heard = songs::read(
        folder,
        &config.patches,
        config.stream,
        &engine,
        config.seed,
        &config.split,
    )?;
    let (mut labelled, sounds): (Vec<Labelled>, Vec<_>) = heard
        .into_iter()
        .map(|song| (song.labelled, song.sounds))
        .unzip();
    let genre_terms = match tables::genre_terms(&labelled, config.genre_minimum) {
        // A graph input cannot be empty.
        terms if terms.is_empty() => vec!["=".to_owned()],
        terms => terms,
    };
    tables::index_genres(&mut labelled, &GenreVocabulary::new(&genre_terms));
    heard = labelled
        .into_iter()
        .zip(sounds)
        .map(|(labelled, sounds)| Heard { labelled, sounds })
        .collect();

    let part = |part| -> Vec<&Heard> {
        let songs = heard.iter();
        songs.filter(|song| song.labelled.part == part).collect()
    };
    let (training, test) = (part(Part::Train), part(Part::Test));
    // When to stop and how to calibrate are decided on different songs.
    let held = part(Part::Calibrate);
    let (stopping, calibrating) = held.split_at(held.len() / 2);
    ensure!(
        !stopping.is_empty() && !calibrating.is_empty() && !test.is_empty(),
        "the catalogue has too few artists to hold some out: {} songs train",
        training.len()
    );
    let sound_width = heard[0].sounds.width();
    let shape = match config.stream {
        Stream::Spectrogram => config.patches.shape(),
        Stream::FrozenBackbone => [1, sound_width],
        Stream::None => [1, 1],
    };
    let trainer = Trainer {
        args,
        config: &config,
        out,
        shape,
        genre_terms: genre_terms.len(),
        training: &training,
        stopping,
        calibrating,
        test: &test,
    };
    let Some(both) = trainer.train(config.stream, "two_stream")? else {
        return Ok(ExitCode::SUCCESS);
    };
    let Some(statistics) = trainer.train(Stream::None, "statistics_only")? else {
        return Ok(ExitCode::SUCCESS);
    };

    let examples = examples(&both.network, &test, shape, genre_terms.len())?;
    let graph = onnx(&both.network, shape, genre_terms.len())?;
    let onnx_difference = onnx_difference(&graph, &examples, shape, genre_terms.len())?;
    let entry = TwoStreamEntry {
        file: artifact::write(out, "two_stream.onnx", &graph)?,
        stream: config.stream,
        mel: MelConfig::BACKBONE,
        patches: &config.patches,
        columns_version: COLUMNS_VERSION,
        columns: Column::all().into_iter().map(Column::name).collect(),
        genre_terms: &genre_terms,
        levels: &LEVELS,
        offsets: &both.calibration.offsets,
    };
    std::fs::write(
        out.join("two_stream.json"),
        serde_json::to_string_pretty(&entry)? + "\n",
    )?;
    draw(out, &both, &statistics)?;
    let report = Report {
        training_songs: training.len(),
        test_songs: test.len(),
        two_stream: Scores::of(&both.judged),
        statistics_only: Scores::of(&statistics.judged),
        onnx_difference,
    };
    println!("{}", serde_json::to_string_pretty(&report)?);
    std::fs::write(out.join("report.json"), serde_json::to_string(&report)?)?;
    Ok(ExitCode::SUCCESS)
}

struct Trainer<'a> {
    args: &'a CatalogueArgs,
    config: &'a CatalogueConfig,
    out: &'a Path,
    shape: [usize; 2],
    genre_terms: usize,
    training: &'a [&'a Heard],
    stopping: &'a [&'a Heard],
    calibrating: &'a [&'a Heard],
    test: &'a [&'a Heard],
}

struct Trained {
    network: TwoStream,
    progress: Progress,
    calibration: Calibration,
    judged: Vec<Judged>,
}

impl Trainer<'_> {
    /// `None` where the run ended before the training did.
    fn train(&self, stream: Stream, name: &str) -> Result<Option<Trained>> {
        eprintln!("{name}:");
        let config = self.config;
        let device = device().autodiff();
        device.seed(config.seed);
        let labelled: Vec<&Labelled> = self.training.iter().map(|song| &song.labelled).collect();
        let network = TwoStream::new(
            &config.network,
            stream,
            self.shape[0] * self.shape[1],
            &bins(&labelled, config.scale_bins),
            self.genre_terms,
            &device,
        );
        let plan = Plan {
            fit: &config.fit,
            shape: self.shape,
            genre_terms: self.genre_terms,
            seed: config.seed,
            checkpoint: &self.out.join("checkpoints").join(name),
            resume: self.args.resume,
            at_most: self.args.epochs_at_most,
        };
        let (network, progress) = fit::fit(&plan, network, self.training, self.stopping)?;
        if !progress.finished {
            eprintln!(
                "{} epochs done; go on with --resume",
                progress.held_out.len()
            );
            return Ok(None);
        }
        let answer = |songs| fit::answer(&network, songs, self.shape, self.genre_terms);
        let popularities: Vec<f32> = self
            .calibrating
            .iter()
            .map(|song| song.labelled.popularity)
            .collect();
        let all: Vec<usize> = (0..popularities.len()).collect();
        let even = vec![1.0; popularities.len()];
        let calibration = Calibration {
            offsets: conformal::offsets(&all, &answer(self.calibrating)?, &popularities, &even),
            ..Calibration::identities(LEVELS.len()).swap_remove(0)
        };
        let judged = answer(self.test)?
            .iter()
            .zip(self.test)
            .map(|(answer, song)| Judged {
                truth: song.labelled.popularity,
                mean: answer[0].clamp(0.0, 100.0),
                quantiles: calibration.apply(&answer[1..]),
            })
            .collect();
        Ok(Some(Trained {
            network,
            progress,
            calibration,
            judged,
        }))
    }
}

/// For one patch of one song; a song's answer is the mean over its patches.
fn onnx(network: &TwoStream, [rows, columns]: [usize; 2], genre_terms: usize) -> Result<Vec<u8>> {
    let device = Device::flex();
    let network = network.clone().to_device(&device);
    let inputs = (
        Tensor::<4>::zeros([1, 1, rows, columns], &device),
        Tensor::<2>::zeros([1, Column::COUNT], &device),
        Tensor::<2>::zeros([1, genre_terms], &device),
    );
    type Inputs = (Tensor<4>, Tensor<2>, Tensor<2>);
    let model = OnnxExporter::new().export(
        &network,
        inputs,
        |network: &TwoStream, (sound, song, genre): Inputs| network.forward(sound, song, genre),
    )?;
    Ok(model.as_bytes().to_vec())
}

/// A patch of a song as the graph reads it, and what the network answers.
struct Example {
    inputs: [Vec<f32>; 3],
    answer: Vec<f32>,
}

/// Of at most 20 songs. Before the export, which leaves the normalisations' moments unusable.
fn examples(
    network: &TwoStream,
    songs: &[&Heard],
    shape: [usize; 2],
    genre_terms: usize,
) -> Result<Vec<Example>> {
    fn flat<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }
    songs
        .iter()
        .take(20)
        .map(|&song| {
            let (sound, known, genre) = fit::inputs(&[(song, 0)], shape, genre_terms, &device())?;
            Ok(Example {
                inputs: [
                    flat(sound.clone()),
                    flat(known.clone()),
                    flat(genre.clone()),
                ],
                answer: flat(network.forward(sound, known, genre)),
            })
        })
        .collect()
}

/// Single precision on values up to 100 leaves 1e-4 of difference; more is an error.
fn onnx_difference(
    graph: &[u8],
    examples: &[Example],
    [rows, columns]: [usize; 2],
    genre_terms: usize,
) -> Result<f32> {
    let model = OnnxModel::load(
        &FileEntry::describe("two_stream.onnx", graph),
        graph,
        &[
            &[1, 1, rows, columns],
            &[1, Column::COUNT],
            &[1, genre_terms],
        ],
    )?;
    let mut greatest = 0.0_f32;
    for Example { inputs, answer } in examples {
        let tract = model
            .run(&inputs.each_ref().map(Vec::as_slice))?
            .swap_remove(0);
        for (burn, tract) in answer.iter().zip(&tract) {
            greatest = greatest.max((burn - tract).abs());
        }
    }
    ensure!(
        greatest <= 1e-4,
        "the exported graph answers {greatest} points apart from the network"
    );
    Ok(greatest)
}

fn draw(out: &Path, both: &Trained, statistics: &Trained) -> Result<()> {
    let curve = |losses: &[f32]| -> Vec<(f64, f64)> {
        let losses = losses.iter().enumerate();
        losses
            .map(|(epoch, loss)| (epoch as f64 + 1.0, f64::from(*loss)))
            .collect()
    };
    let line = |label, losses: &[f32]| Line {
        label,
        points: curve(losses),
    };
    let lines = vec![
        line("two streams, training", &both.progress.training),
        line("two streams, held out", &both.progress.held_out),
        line("statistics only, training", &statistics.progress.training),
        line("statistics only, held out", &statistics.progress.held_out),
    ];
    let points = lines.iter().flat_map(|line| line.points.iter());
    Chart {
        title: "Learning curves",
        x: Axis::over("epoch", points.clone().map(|point| point.0)),
        y: Axis::over("loss", points.map(|point| point.1)),
        lines,
    }
    .write(&out.join("learning_curve.svg"))?;
    reliability_chart(vec![
        ("two streams", reliability(&both.judged)),
        ("statistics only", reliability(&statistics.judged)),
    ])
    .write(&out.join("calibration.svg"))
}

/// What share of truths lies below each level's quantile; on the diagonal, as many as it says.
pub fn reliability_chart(curves: Vec<(&str, Vec<(f64, f64)>)>) -> Chart<'_> {
    let unit = |label| Axis {
        label,
        from: 0.0,
        to: 1.0,
    };
    let ideal = ("ideal", vec![(0.0, 0.0), (1.0, 1.0)]);
    Chart {
        title: "Calibration on artists that were not trained on",
        x: unit("level of the quantile"),
        y: unit("share of songs below it"),
        lines: [ideal]
            .into_iter()
            .chain(curves)
            .map(|(label, points)| Line { label, points })
            .collect(),
    }
}
