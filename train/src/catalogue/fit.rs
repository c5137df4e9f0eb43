//! Fitting a two-stream network: epochs, checkpoints, early stopping.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use burn::module::Module as _;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::prelude::*;
use burn::store::ModuleRecord;
use burn::tensor::TensorData;
use indicatif::{ProgressBar, ProgressStyle};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::device;
use super::network::TwoStream;
use super::songs::Heard;
use crate::popularity::fit::{Batch, learning_rate};
use crate::popularity::network::loss;
use crate::popularity::read_json;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitConfig {
    pub epochs: usize,
    pub batch_size: usize,
    /// At its peak, after a tenth of the steps.
    pub learning_rate: f64,
    pub weight_decay: f32,
    /// Epochs without a better loss on the artists held out for it, after which to stop.
    pub patience: usize,
}

/// What is known after an epoch; enough, with the weights beside it, to go on as if nothing had
/// happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Mean loss an epoch, of training and of the songs held out.
    pub training: Vec<f32>,
    pub held_out: Vec<f32>,
    pub best_epoch: usize,
    pub finished: bool,
}

impl Progress {
    fn record(&mut self, training: f32, held_out: f32, fit: &FitConfig) -> bool {
        let best = self.held_out.get(self.best_epoch).copied();
        let improved = best.is_none_or(|best| held_out < best);
        if improved {
            self.best_epoch = self.held_out.len();
        }
        self.training.push(training);
        self.held_out.push(held_out);
        let epochs = self.held_out.len();
        self.finished = epochs >= fit.epochs || epochs - 1 - self.best_epoch >= fit.patience;
        improved
    }
}

/// The files of a checkpoint: written after every epoch, the progress last.
struct Checkpoint<'a> {
    folder: &'a Path,
}

impl Checkpoint<'_> {
    const PROGRESS: &'static str = "progress.json";

    fn save(&self, network: &TwoStream, optimiser: &ModuleOptimizer, best: bool) -> Result<()> {
        std::fs::create_dir_all(self.folder)?;
        network
            .clone()
            .into_record()
            .save(self.folder.join("network.bpk"))?;
        optimiser.save(self.folder.join("optimiser.bpk"))?;
        if best {
            network
                .clone()
                .into_record()
                .save(self.folder.join("best.bpk"))?;
        }
        Ok(())
    }

    fn network(&self, network: TwoStream, file: &str) -> Result<TwoStream> {
        let record = ModuleRecord::load(self.folder.join(file))
            .with_context(|| format!("{} holds no {file}", self.folder.display()))?;
        Ok(network.load_record(record))
    }
}

/// Everything a fit needs beside the network.
pub struct Plan<'a> {
    pub fit: &'a FitConfig,
    /// Rows and columns of a sound.
    pub shape: [usize; 2],
    pub genre_terms: usize,
    pub seed: u64,
    pub checkpoint: &'a Path,
    /// Go on from the checkpoint, if there is one.
    pub resume: bool,
    /// Epochs of this run after which to leave the rest to another.
    pub at_most: usize,
}

/// Trains `network`; gives the best of its epochs, ready for inference, and how it went.
pub fn fit(
    plan: &Plan<'_>,
    mut network: TwoStream,
    training: &[&Heard],
    held_out: &[&Heard],
) -> Result<(TwoStream, Progress)> {
    ensure!(
        training.len() >= 2 && !held_out.is_empty(),
        "the catalogue has too few artists to hold some out"
    );
    let device = device().autodiff();
    let checkpoint = Checkpoint {
        folder: plan.checkpoint,
    };
    let mut optimiser: ModuleOptimizer = AdamWConfig::new()
        .with_weight_decay(plan.fit.weight_decay)
        .init();
    let mut progress = Progress::default();
    let saved = plan.checkpoint.join(Checkpoint::PROGRESS);
    if plan.resume && saved.exists() {
        progress = read_json(&saved)?;
        network = checkpoint.network(network, "network.bpk")?;
        optimiser = optimiser.load(plan.checkpoint.join("optimiser.bpk"))?;
    }
    let batch_size = plan.fit.batch_size.min(training.len());
    let batches = training.len() / batch_size;
    let bar = ProgressBar::new((plan.fit.epochs * batches) as u64).with_style(
        ProgressStyle::with_template(
            "training {bar:30} {percent:>3} % epoch {msg} ({elapsed}, {eta} left)",
        )?,
    );
    let first = progress.held_out.len();
    bar.inc((first * batches) as u64);
    bar.reset_eta();
    for epoch in first..plan.fit.epochs.min(first.saturating_add(plan.at_most)) {
        if progress.finished {
            break;
        }
        // Each epoch draws from its own stream, so that a resumed run repeats an unbroken one.
        device.seed(plan.seed.wrapping_add(epoch as u64));
        let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
        rng.set_stream(epoch as u64);
        let mut order: Vec<usize> = (0..training.len()).collect();
        order.shuffle(&mut rng);
        let mut total = 0.0;
        for (batch, chosen) in order.chunks_exact(batch_size).enumerate() {
            let songs: Vec<(&Heard, usize)> = chosen
                .iter()
                .map(|&song| {
                    let song = training[song];
                    (song, rng.random_range(0..song.sounds.count()))
                })
                .collect();
            let targets: Vec<f32> = songs
                .iter()
                .map(|(song, _)| song.labelled.popularity / 100.0)
                .collect();
            let (sound, song, genre) = tensors(plan, &songs, &device)?;
            let targets = TensorData::new(targets, [songs.len(), 1]);
            let targets = Tensor::from_data(targets, &device);
            let loss = loss(
                vec![network.answer(sound, song, genre)],
                targets.clone(),
                targets,
            );
            total += loss.clone().into_scalar::<f32>();
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            let step = epoch * batches + batch;
            let rate = learning_rate(plan.fit.learning_rate, step, plan.fit.epochs * batches);
            network = optimiser.step(rate, network, gradients);
            bar.inc(1);
        }
        let judged = held_out_loss(plan, &network.valid(), held_out)?;
        let best = progress.record(total / batches as f32, judged, plan.fit);
        checkpoint.save(&network, &optimiser, best)?;
        std::fs::write(&saved, serde_json::to_string(&progress)?)?;
        bar.set_message(format!("{}, held-out loss {judged:.4}", epoch + 1));
        if bar.is_hidden() {
            eprintln!(
                "epoch {} of {}: loss {:.4}, held-out loss {judged:.4}",
                epoch + 1,
                plan.fit.epochs,
                total / batches as f32
            );
        }
    }
    bar.finish_and_clear();
    let best = checkpoint.network(network, "best.bpk")?;
    Ok((best.valid(), progress))
}

fn held_out_loss(plan: &Plan<'_>, network: &TwoStream, songs: &[&Heard]) -> Result<f32> {
    let answers = answer(network, songs, plan.shape, plan.genre_terms)?;
    let device = Device::flex();
    let width = answers.first().map_or(1, Vec::len);
    let flat: Vec<f32> = answers.into_iter().flatten().map(|a| a / 100.0).collect();
    let truths: Vec<f32> = songs
        .iter()
        .map(|song| song.labelled.popularity / 100.0)
        .collect();
    let answers = Tensor::from_data(TensorData::new(flat, [songs.len(), width]), &device);
    let truths = Tensor::from_data(TensorData::new(truths, [songs.len(), 1]), &device);
    Ok(loss(vec![answers], truths.clone(), truths).into_scalar::<f32>())
}

/// The network's answers in points, one row a song: the mean over its patches.
pub fn answer(
    network: &TwoStream,
    songs: &[&Heard],
    shape: [usize; 2],
    genre_terms: usize,
) -> Result<Vec<Vec<f32>>> {
    let device = device();
    songs
        .iter()
        .map(|&song| {
            let patches: Vec<(&Heard, usize)> = (0..song.sounds.count())
                .map(|patch| (song, patch))
                .collect();
            let (sound, song, genre) = inputs(&patches, shape, genre_terms, &device)?;
            let answers = network.forward(sound, song, genre);
            let width = answers.dims()[1];
            let mut mean = vec![0.0; width];
            for (position, value) in answers.into_data().iter::<f32>().enumerate() {
                mean[position % width] += value / patches.len() as f32;
            }
            Ok(mean)
        })
        .collect()
}

fn tensors(
    plan: &Plan<'_>,
    songs: &[(&Heard, usize)],
    device: &Device,
) -> Result<(Tensor<4>, Tensor<2>, Tensor<2>)> {
    inputs(songs, plan.shape, plan.genre_terms, device)
}

/// What the network reads of songs and one patch of each.
pub fn inputs(
    songs: &[(&Heard, usize)],
    [rows, columns]: [usize; 2],
    genre_terms: usize,
    device: &Device,
) -> Result<(Tensor<4>, Tensor<2>, Tensor<2>)> {
    let mut sound = Vec::with_capacity(songs.len() * rows * columns);
    for (song, patch) in songs {
        let heard = song.sounds.read(*patch)?;
        sound.extend(heard.unwrap_or_else(|| vec![0.0; rows * columns]));
    }
    let sound = Tensor::from_data(
        TensorData::new(sound, [songs.len(), 1, rows, columns]),
        device,
    );
    let described = songs.iter().map(|(song, _)| {
        let known = song.labelled.song.clone();
        (known, &song.labelled.genre_positions)
    });
    let (song, genre) = Batch::of(described, genre_terms).tensors(device);
    Ok((sound, song, genre))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_stops_after_its_patience_and_keeps_the_best() {
        let fit = FitConfig {
            epochs: 10,
            batch_size: 1,
            learning_rate: 0.0,
            weight_decay: 0.0,
            patience: 2,
        };
        let mut progress = Progress::default();
        for (held_out, finished) in [(0.5, false), (0.3, false), (0.4, false), (0.35, true)] {
            progress.record(0.1, held_out, &fit);
            assert_eq!(progress.finished, finished, "{progress:?}");
        }
        assert_eq!(progress.best_epoch, 1);
    }
}
