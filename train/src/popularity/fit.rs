//! Fitting the network: batches, learning rate, optimiser.

use burn::module::Module as _;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::TensorData;
use foretune::popularity::columns::{Column, Scale, Song};
use foretune::popularity::heard::{HIGHEST, LOWEST};
use indicatif::{ProgressBar, ProgressStyle};
use rand::seq::SliceRandom as _;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::knowledge::{Estimator, KnowledgeConfig};
use super::network::{Bin, Network, NetworkConfig, POINTS, loss};
use super::songs::Labelled;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitConfig {
    pub epochs: usize,
    pub batch_size: usize,
    /// At its peak; see [`learning_rate`].
    pub learning_rate: f64,
    pub weight_decay: f32,
    /// Bins of a quantity's scale, each holding as many training songs.
    pub scale_bins: usize,
}

/// Rows as the graph reads them, row-major.
pub struct Batch {
    pub song: Vec<f32>,
    pub genre: Vec<f32>,
    pub rows: usize,
}

impl Batch {
    /// Every song with the positions of its terms: its genre's, and a teacher's table.
    pub fn of<T: AsRef<[usize]>>(songs: impl IntoIterator<Item = (Song, T)>, terms: usize) -> Self {
        let mut batch = Self {
            song: Vec::new(),
            genre: Vec::new(),
            rows: 0,
        };
        for (song, positions) in songs {
            let start = batch.genre.len();
            batch.genre.resize(start + terms, 0.0);
            for position in positions.as_ref() {
                batch.genre[start + position] = 1.0;
            }
            batch.song.extend(song.columns());
            batch.rows += 1;
        }
        batch
    }

    pub fn tensors(self, device: &Device) -> (Tensor<2>, Tensor<2>) {
        let matrix = |values: Vec<f32>| {
            let width = values.len() / self.rows;
            Tensor::from_data(TensorData::new(values, [self.rows, width]), device)
        };
        (matrix(self.song), matrix(self.genre))
    }
}

/// Piecewise-linear scales from the training songs: quantile bins for quantities, the span 0 to 1
/// for flags.
pub fn bins(songs: &[&Labelled], scale_bins: usize) -> Vec<Bin> {
    let rows: Vec<Vec<f32>> = songs.iter().map(|song| song.song.columns()).collect();
    let mut bins = Vec::new();
    for (column, meaning) in Column::all().into_iter().enumerate() {
        let single = match meaning.scale() {
            Scale::Flag => Some((0.0, 1.0)),
            Scale::Score => Some((LOWEST, HIGHEST)),
            Scale::Quantity => None,
        };
        if let Some((start, end)) = single {
            bins.push(Bin { column, start, end });
            continue;
        }
        let mut values: Vec<f32> = songs
            .iter()
            .zip(&rows)
            .filter(|(song, _)| meaning.is_known_of(&song.song))
            .map(|(_, row)| row[column])
            .collect();
        values.sort_by(f32::total_cmp);
        let mut edges: Vec<f32> = (0..=scale_bins)
            .filter_map(|edge| {
                let last = values.len().checked_sub(1)?;
                values.get(edge * last / scale_bins).copied()
            })
            .collect();
        edges.dedup();
        bins.extend(edges.windows(2).map(|edge| Bin {
            column,
            start: edge[0],
            end: edge[1],
        }));
    }
    bins
}

/// Rises over the first tenth of the steps, then falls along a cosine to nearly nothing.
pub fn learning_rate(peak: f64, step: usize, steps: usize) -> f64 {
    let progress = step as f64 / steps as f64;
    let warm_up = 0.1;
    if progress < warm_up {
        return peak * (0.04 + 0.96 * progress / warm_up);
    }
    let fall = (progress - warm_up) / (1.0 - warm_up);
    peak * (0.001 + 0.999 * 0.5 * (1.0 + (std::f64::consts::PI * fall).cos()))
}

/// One sight of a song: some of it withheld, perhaps with estimated features and what is heard.
pub fn shown(
    labelled: &Labelled,
    knowledge: &KnowledgeConfig,
    estimator: &Estimator,
    rng: &mut impl Rng,
) -> Song {
    let mut shown = labelled.song.clone();
    if rng.random::<f64>() < knowledge.estimated {
        estimator.estimate(&mut shown, rng);
        let usual = labelled.usual_scores.as_deref();
        shown.heard = usual
            .filter(|_| rng.random::<f64>() >= knowledge.unheard)
            .map(|usual| estimator.hear(usual, rng));
    }
    knowledge.withhold_features(&mut shown, rng);
    knowledge
        .withheld(rng)
        .into_iter()
        .fold(shown, |song, block| song.without(block))
}

/// A song to learn from.
#[derive(Clone)]
pub struct Example<'a> {
    pub labelled: &'a Labelled,
    /// The term of the table it comes from, of which only a teacher is told.
    pub table: Option<usize>,
    /// What the mean is to learn, in points: the popularity, or what a teacher makes of it.
    pub expected: f32,
}

impl<'a> Example<'a> {
    pub fn of(labelled: &'a Labelled) -> Self {
        Self {
            labelled,
            table: None,
            expected: labelled.popularity,
        }
    }

    /// The terms that go with a sight of the song.
    pub fn terms(&self, shown: &Song) -> Vec<usize> {
        let genre = self.labelled.terms(shown).iter().copied();
        genre.chain(self.table).collect()
    }
}

/// Everything a fit needs beside the songs.
pub struct Plan<'a> {
    pub fit: &'a FitConfig,
    pub network: &'a NetworkConfig,
    pub knowledge: &'a KnowledgeConfig,
    pub estimator: &'a Estimator,
    /// Of genres, and of tables for a teacher.
    pub terms: usize,
    pub seed: u64,
}

/// Trains a network on `examples`; the answer is ready for inference.
pub fn fit(plan: &Plan<'_>, examples: &[Example<'_>]) -> anyhow::Result<Network> {
    let device = Device::flex().autodiff();
    device.seed(plan.seed);
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let songs: Vec<&Labelled> = examples.iter().map(|example| example.labelled).collect();
    let bins = bins(&songs, plan.fit.scale_bins);
    let mut network = Network::new(plan.network, Column::COUNT, &bins, plan.terms, &device);
    let mut optimiser = AdamWConfig::new()
        .with_weight_decay(plan.fit.weight_decay)
        .init();
    let batch_size = plan.fit.batch_size.min(examples.len());
    let batches = examples.len() / batch_size;
    let steps = plan.fit.epochs * batches;
    let bar = ProgressBar::new(steps as u64).with_style(ProgressStyle::with_template(
        "training {bar:30} {percent:>3} % epoch {msg} ({elapsed}, {eta} left)",
    )?);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut step = 0;
    for epoch in 0..plan.fit.epochs {
        order.shuffle(&mut rng);
        let mut total = 0.0;
        for batch in order.chunks_exact(batch_size) {
            let (mut expected, mut truths) = (Vec::new(), Vec::new());
            let mut sights = Vec::new();
            for example in batch.iter().map(|&example| &examples[example]) {
                let shown = shown(example.labelled, plan.knowledge, plan.estimator, &mut rng);
                let terms = example.terms(&shown);
                sights.push((shown, terms));
                expected.push(example.expected / POINTS);
                truths.push(example.labelled.popularity / POINTS);
            }
            let column = |values: Vec<f32>| {
                Tensor::from_data(TensorData::new(values, [batch.len(), 1]), &device)
            };
            let (song, genre) = Batch::of(sights, plan.terms).tensors(&device);
            let answers = network.answers(song, genre);
            let loss = loss(answers, column(expected), column(truths));
            total += loss.clone().into_scalar::<f32>();
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            let rate = learning_rate(plan.fit.learning_rate, step, steps);
            network = optimiser.step(rate, network, gradients);
            step += 1;
            bar.inc(1);
        }
        let mean = total / batches as f32;
        bar.set_message(format!("{}, loss {mean:.4}", epoch + 1));
        if bar.is_hidden() {
            eprintln!("epoch {} of {}: loss {mean:.4}", epoch + 1, plan.fit.epochs);
        }
    }
    bar.finish();
    Ok(network.valid().rounded())
}

/// The network's answers, one row of outputs a song.
pub fn answer<T: AsRef<[usize]>>(
    network: &Network,
    songs: impl IntoIterator<Item = (Song, T)>,
    terms: usize,
) -> Vec<Vec<f32>> {
    let device = Device::flex();
    let mut answers = Vec::new();
    let mut songs = songs.into_iter().peekable();
    while songs.peek().is_some() {
        let (song, genre) = Batch::of(songs.by_ref().take(4096), terms).tensors(&device);
        let output = network.forward(song, genre);
        let width = output.dims()[1];
        let values: Vec<f32> = output.into_data().iter::<f32>().collect();
        answers.extend(values.chunks(width).map(<[f32]>::to_vec));
    }
    answers
}
