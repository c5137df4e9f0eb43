//! The network: piecewise-linear scales, a genre embedding and an ensemble of small perceptrons,
//! whose quantiles ascend by construction.

use burn::module::Param;
use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::TensorData;
use burn::tensor::activation::relu;
use foretune::popularity::LEVELS;
use serde::{Deserialize, Serialize};

use super::half;

/// The mean, then the quantiles.
pub const OUTPUTS: usize = 1 + LEVELS.len();

/// Popularity points per unit of the network's inner scale.
pub const POINTS: f32 = 100.0;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkConfig {
    /// Perceptrons whose answers are averaged.
    pub members: usize,
    pub hidden: usize,
    pub genre_width: usize,
}

/// One bin of a piecewise-linear scale: `column`'s value, 0 at `start` and below, 1 at `end` and
/// above (after Gorishniy et al. 2022, "On Embeddings for Numerical Features in Tabular Deep
/// Learning").
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    pub column: usize,
    pub start: f32,
    pub end: f32,
}

#[derive(Module, Debug)]
pub struct Network {
    scales: Scales,
    genre: Linear,
    members: Vec<Perceptron>,
    ladder: Ladder,
}

/// Piecewise-linear scales of a song's columns.
#[derive(Module, Debug)]
pub struct Scales {
    /// `[columns, bins]` and `[1, bins]`: constants that map a song's columns onto the bins.
    slope: Param<Tensor<2>>,
    intercept: Param<Tensor<2>>,
}

/// Raw outputs to a mean and ascending quantiles.
#[derive(Module, Debug)]
pub struct Ladder {
    /// `[OUTPUTS, OUTPUTS]`: constants by which a raw output becomes mean and quantiles.
    level: Param<Tensor<2>>,
    rise: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
struct Perceptron {
    input: Linear,
    hidden: Linear,
    output: Linear,
}

impl Network {
    pub fn new(
        config: &NetworkConfig,
        columns: usize,
        bins: &[Bin],
        genre_terms: usize,
        device: &Device,
    ) -> Self {
        let width = bins.len() + config.genre_width;
        Self {
            scales: Scales::new(columns, bins, device),
            genre: LinearConfig::new(genre_terms, config.genre_width)
                .with_bias(false)
                .init(device),
            members: (0..config.members)
                .map(|_| Perceptron::new(config, width, device))
                .collect(),
            ladder: Ladder::new(device),
        }
    }

    /// `song` `[batch, columns]` and `genre` `[batch, terms]` to `[batch, OUTPUTS]` in points: the
    /// mean, then the quantiles at [`LEVELS`], ascending but not yet held to 0..100.
    pub fn forward(&self, song: Tensor<2>, genre: Tensor<2>) -> Tensor<2> {
        let answers = self.answers(song, genre);
        let scale = POINTS / answers.len() as f32;
        answers
            .into_iter()
            .reduce(|sum, answer| sum + answer)
            .map_or_else(
                || unreachable!("an ensemble has members"),
                |sum| sum * scale,
            )
    }

    /// The same with all weights as half precision can hold them.
    pub fn rounded(mut self) -> Self {
        self.genre.weight = half::rounded(&self.genre.weight);
        for member in &mut self.members {
            for layer in [&mut member.input, &mut member.hidden, &mut member.output] {
                layer.weight = half::rounded(&layer.weight);
            }
        }
        self
    }

    /// Every member's answer apart, on the inner scale of 0..1.
    pub fn answers(&self, song: Tensor<2>, genre: Tensor<2>) -> Vec<Tensor<2>> {
        let input = Tensor::cat(
            vec![self.scales.forward(song), self.genre.forward(genre)],
            1,
        );
        self.members
            .iter()
            .map(|member| self.ladder.forward(member.forward(input.clone())))
            .collect()
    }
}

impl Scales {
    pub fn new(columns: usize, bins: &[Bin], device: &Device) -> Self {
        let mut slope = vec![0.0; columns * bins.len()];
        let mut intercept = vec![0.0; bins.len()];
        for (position, bin) in bins.iter().enumerate() {
            let steepness = 1.0 / (bin.end - bin.start);
            slope[bin.column * bins.len() + position] = steepness;
            intercept[position] = -bin.start * steepness;
        }
        Self {
            slope: constant(slope, columns, device),
            intercept: constant(intercept, 1, device),
        }
    }

    /// `[batch, columns]` to `[batch, bins]`, each 0 to 1.
    pub fn forward(&self, song: Tensor<2>) -> Tensor<2> {
        let position = relu(song.matmul(self.slope.val()) + self.intercept.val());
        // 1 − relu(1 − p) is min(p, 1) in operations that export, and exact where p is huge.
        relu(position.neg() + 1.0).neg() + 1.0
    }
}

impl Ladder {
    pub fn new(device: &Device) -> Self {
        Self {
            level: constant(level_matrix(), OUTPUTS, device),
            rise: constant(rise_matrix(), OUTPUTS, device),
        }
    }

    /// `[batch, OUTPUTS]` to the same, on the inner scale of 0..1.
    pub fn forward(&self, raw: Tensor<2>) -> Tensor<2> {
        raw.clone().matmul(self.level.val()) + softplus(raw).matmul(self.rise.val())
    }
}

impl Perceptron {
    fn new(config: &NetworkConfig, width: usize, device: &Device) -> Self {
        Self {
            input: LinearConfig::new(width, config.hidden).init(device),
            hidden: LinearConfig::new(config.hidden, config.hidden).init(device),
            output: LinearConfig::new(config.hidden, OUTPUTS).init(device),
        }
    }

    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let hidden = relu(self.hidden.forward(relu(self.input.forward(input))));
        self.output.forward(hidden)
    }
}

/// `ln(1 + eˣ)` in operations that export, without overflow for large `x`.
fn softplus(x: Tensor<2>) -> Tensor<2> {
    relu(x.clone()) + (x.abs().neg().exp() + 1.0).log()
}

/// Raw output 0 is the mean, raw output 1 the lowest quantile, added to all of them.
fn level_matrix() -> Vec<f32> {
    matrix(|from, to| match (from, to) {
        (0, 0) => 1.0,
        (1, 1..) => 1.0,
        _ => 0.0,
    })
}

/// Raw outputs 2 and on are the steps from one quantile to the next: each raises all above it.
fn rise_matrix() -> Vec<f32> {
    // A tenth, so that raw outputs near 0 start the quantiles about 7 points apart.
    matrix(|from, to| if from >= 2 && to >= from { 0.1 } else { 0.0 })
}

fn matrix(value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    (0..OUTPUTS * OUTPUTS)
        .map(|position| value(position / OUTPUTS, position % OUTPUTS))
        .collect()
}

fn constant(values: Vec<f32>, rows: usize, device: &Device) -> Param<Tensor<2>> {
    let columns = values.len() / rows;
    let tensor = Tensor::from_data(TensorData::new(values, [rows, columns]), device);
    Param::from_tensor(tensor).set_require_grad(false)
}

/// Mean pinball loss over the levels plus the squared error of the mean, averaged over members.
///
/// `expected`, for the mean, and `truth`, for the quantiles, are `[batch, 1]` on the inner scale.
/// Twice the pinball loss weighs about as much as the squared error; both are proper, so the
/// quantiles and the mean each stay honest.
pub fn loss(answers: Vec<Tensor<2>>, expected: Tensor<2>, truth: Tensor<2>) -> Tensor<1> {
    let device = truth.device();
    let levels = Tensor::<1>::from_floats(LEVELS, &device).unsqueeze::<2>();
    let members = answers.len() as f32;
    answers
        .into_iter()
        .map(|answer| {
            let mean = answer.clone().narrow(1, 0, 1);
            let quantiles = answer.narrow(1, 1, LEVELS.len());
            let above = truth.clone() - quantiles;
            let pinball = relu(above.clone()) * levels.clone()
                + relu(above.neg()) * (levels.clone().neg() + 1.0);
            let error = expected.clone() - mean;
            pinball.mean() * 2.0 + (error.clone() * error).mean()
        })
        .reduce(|sum, loss| sum + loss)
        .map_or_else(
            || unreachable!("an ensemble has members"),
            |sum| sum / members,
        )
}
