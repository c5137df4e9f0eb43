//! The teacher's front end, computed with as few multiplications as it takes.
//!
//! A timbral filter covers some frames and most bands, and is tried at every height of the spectrum;
//! the best height counts. Convolving along bands is multiplying in the domain of their discrete
//! Fourier transform (Oppenheim and Schafer, Discrete-Time Signal Processing, 8.6), which costs a
//! third as much here. The transform is as long as there are bands: where a filter fits into the
//! bands, nothing is wrapped around.
//!
//! A temporal filter covers many frames of one band. Several neighbouring frames are answered by one
//! step of a strided convolution whose filters are the same one, shifted: more filters over fewer
//! steps are a product of better-shaped matrices, for a few multiplications by zero more.
//!
//! Both are the convolutions that the teacher does, but for rounding.

use std::f64::consts::TAU;

use ndarray::Array2;

use super::teacher::{BANDS, FRAMES, Layer, Teacher};
use crate::graph::{Graph, Value, integer, integers};

/// Bins of a real transform over the bands.
const BINS: usize = BANDS / 2 + 1;

/// Neighbouring frames that a temporal convolution answers in one step: with three filters and more
/// they fill the eight rows that a matrix kernel computes at once.
const PHASES: usize = 8;
const STEPS: usize = FRAMES.div_ceil(PHASES);

/// A front layer without its dead filters. All answers are turned so that the greatest is wanted:
/// the teacher normalises before it looks for the best band, and where a filter's scale is negative
/// its least answer becomes the best.
struct Filters<'a> {
    name: String,
    layer: &'a Layer,
    living: &'a [usize],
    signs: Vec<f32>,
}

impl Filters<'_> {
    fn frames(&self) -> usize {
        self.layer.shape[2]
    }

    fn bands(&self) -> usize {
        self.layer.shape[3]
    }

    /// Heights of the spectrum at which the filters fit.
    fn heights(&self) -> usize {
        BANDS - self.bands() + 1
    }

    /// `[living, frames, bands]`.
    fn weights(&self) -> Vec<f32> {
        let turned = |(&filter, sign)| {
            let weights: &[f32] = self.layer.filter(filter);
            weights.iter().map(move |weight| weight * sign)
        };
        self.living
            .iter()
            .zip(&self.signs)
            .flat_map(turned)
            .collect()
    }

    fn multiplications(&self) -> usize {
        if self.bands() == 1 {
            let taps = self.frames() + PHASES - 1;
            return STEPS * BANDS * PHASES * self.living.len() * taps;
        }
        let products = 4 * BINS * self.frames();
        let back = 2 * BINS * self.heights().div_ceil(2);
        FRAMES * self.living.len() * (products + back)
    }
}

fn filters<'a>(teacher: &'a Teacher, living: &'a [Vec<usize>]) -> Vec<Filters<'a>> {
    teacher
        .front
        .iter()
        .zip(living)
        .enumerate()
        .map(|(position, (layer, living))| Filters {
            name: format!("front{position}"),
            layer,
            living,
            signs: living.iter().map(|&at| layer.scale[at].signum()).collect(),
        })
        .collect()
}

/// Multiplications for one window, filter by filter and height by height.
pub fn multiplications_as_convolutions(teacher: &Teacher, living: &[Vec<usize>]) -> usize {
    let layers = filters(teacher, living);
    layers
        .iter()
        .map(|layer| FRAMES * layer.heights() * layer.frames() * layer.bands() * layer.living.len())
        .sum()
}

/// Multiplications for one window.
pub fn multiplications(teacher: &Teacher, living: &[Vec<usize>]) -> usize {
    let transform = FRAMES * BANDS * 2 * BINS;
    let layers = filters(teacher, living);
    transform + layers.iter().map(Filters::multiplications).sum::<usize>()
}

/// `[1, living, frames]`: every filter's answer at its best band, from `[1, frames, bands]`.
pub fn best_answers(
    graph: &mut Graph,
    mel: &Value,
    teacher: &Teacher,
    living: &[Vec<usize>],
) -> Value {
    // Frames innermost from here on: they are what all filters slide over.
    let bands = graph.node_with(
        "Transpose",
        "bands",
        &[mel],
        vec![integers("perm", &[0, 2, 1])],
    );
    let scale = graph.weights("input.scale", &[1], &[teacher.input.0]);
    let shift = graph.weights("input.shift", &[1], &[teacher.input.1]);
    let scaled = graph.node("Mul", "scaled", &[&bands, &scale]);
    let normal = graph.node("Add", "normal", &[&scaled, &shift]);
    let transform = graph.matrix("transform", &transform());
    let spectra = graph.node("MatMul", "spectra", &[&transform, &normal]);
    let axes = graph.integers("image.axes", &[1]);
    let image = graph.node("Unsqueeze", "image", &[&normal, &axes]);

    let layers = filters(teacher, living);
    let maps: Vec<Value> = layers
        .iter()
        .map(|layer| {
            let best = match layer.bands() {
                1 => temporal(graph, &image, layer),
                _ => timbral(graph, &spectra, layer),
            };
            let bias: Vec<f32> = layer
                .living
                .iter()
                .zip(&layer.signs)
                .map(|(&filter, sign)| layer.layer.bias[filter] * sign)
                .collect();
            let bias = graph.weights(
                &format!("{}.bias", layer.name),
                &[1, layer.living.len(), 1],
                &bias,
            );
            graph.node("Add", &layer.name, &[&best, &bias])
        })
        .collect();
    let maps: Vec<&Value> = maps.iter().collect();
    let best = graph.node_with("Concat", "front.best", &maps, vec![integer("axis", 1)]);
    // Turned back.
    let signs: Vec<f32> = layers
        .iter()
        .flat_map(|layer| layer.signs.clone())
        .collect();
    let signs = graph.weights("front.sign", &[1, signs.len(), 1], &signs);
    graph.node("Mul", "front.signed", &[&best, &signs])
}

/// `[2 · bins, bands]`: of each bin the real row, then the imaginary one.
fn transform() -> Array2<f64> {
    Array2::from_shape_fn((2 * BINS, BANDS), |(row, band)| {
        let angle = turn(row / 2, band as f64);
        if row % 2 == 0 {
            angle.cos()
        } else {
            -angle.sin()
        }
    })
}

/// The angle of a bin's wave at `band`.
fn turn(bin: usize, band: f64) -> f64 {
    TAU * (bin as f64 * band / BANDS as f64).fract()
}

/// `[1, living, frames]` from the `[1, 2 · bins, frames]` of [`transform`].
fn timbral(graph: &mut Graph, spectra: &Value, layer: &Filters<'_>) -> Value {
    let (name, count) = (&layer.name, layer.living.len());
    let (frames, bands) = (layer.frames(), layer.bands());
    let shape = |graph: &mut Graph, value: &Value, name: &str, sizes: &[usize]| {
        let sizes: Vec<i64> = sizes.iter().map(|&size| size as i64).collect();
        let sizes = graph.integers(&format!("{name}.shape"), &sizes);
        graph.node("Reshape", name, &[value, &sizes])
    };
    // The filters' own spectra. They are kept as they are in the teacher and transformed when the
    // graph is loaded: fewer bytes, and rounded to half precision only once. Heights are counted
    // from their middle, so that they come in pairs, one above and one below.
    let middle = (layer.heights() - 1) as f64 / 2.0;
    let weights = graph.weights(
        &format!("{name}.weights"),
        &[count * frames, bands],
        &layer.weights(),
    );
    let mut part = |part: &str, wave: fn(f64) -> f64| {
        let basis = Array2::from_shape_fn((bands, BINS), |(band, bin)| {
            wave(turn(bin, band as f64 + middle))
        });
        let basis = graph.matrix(&format!("{name}.{part}.basis"), &basis);
        let spectrum = graph.node(
            "MatMul",
            &format!("{name}.{part}.flat"),
            &[&weights, &basis],
        );
        shape(
            graph,
            &spectrum,
            &format!("{name}.{part}"),
            &[count, 1, frames, BINS],
        )
    };
    let (real, imaginary) = (part("real", f64::cos), part("imaginary", f64::sin));
    let negative = graph.node("Neg", &format!("{name}.negative"), &[&imaginary]);
    // A complex product is two sums of two real products: a convolution over frames for every bin,
    // from its two parts.
    let mut product = |part: &str, factors: [&Value; 2]| {
        let name = format!("{name}.{part}");
        let factors = graph.node_with(
            "Concat",
            &format!("{name}.factors"),
            &factors,
            vec![integer("axis", 1)],
        );
        let by_bin = graph.node_with(
            "Transpose",
            &format!("{name}.by_bin"),
            &[&factors],
            vec![integers("perm", &[3, 0, 1, 2])],
        );
        let kernels = shape(
            graph,
            &by_bin,
            &format!("{name}.kernels"),
            &[BINS * count, 2, frames],
        );
        let half = frames as i64 / 2;
        let products = graph.node_with(
            "Conv",
            &format!("{name}.products"),
            &[spectra, &kernels],
            vec![
                integers("kernel_shape", &[frames as i64]),
                integers("pads", &[half, half]),
                integer("group", BINS as i64),
            ],
        );
        shape(graph, &products, &name, &[BINS, count * FRAMES])
    };
    let even = product("even", [&real, &negative]);
    let odd = product("odd", [&imaginary, &real]);
    // Back to heights: at one above the middle the parts add up, at the one as far below they
    // subtract, so that the better of the two is known without computing either.
    let pairs = layer.heights().div_ceil(2);
    let first = middle.fract();
    let mut heights = |part: &str, from: &Value, wave: fn(f64) -> f64| {
        let inverse = Array2::from_shape_fn((pairs, BINS), |(height, bin)| {
            // All but the first and the last bin stand for their conjugates too.
            let conjugates = if bin == 0 || bin == BINS - 1 {
                1.0
            } else {
                2.0
            };
            conjugates / BANDS as f64 * wave(turn(bin, height as f64 + first))
        });
        let inverse = graph.matrix(&format!("{name}.{part}.inverse"), &inverse);
        graph.node(
            "MatMul",
            &format!("{name}.{part}.heights"),
            &[&inverse, from],
        )
    };
    let (even, odd) = (
        heights("even", &even, f64::cos),
        heights("odd", &odd, f64::sin),
    );
    let odd = graph.node("Abs", &format!("{name}.apart"), &[&odd]);
    let better = graph.node("Add", &format!("{name}.better"), &[&even, &odd]);
    let better = shape(
        graph,
        &better,
        &format!("{name}.pairs"),
        &[1, 1, pairs, count * FRAMES],
    );
    let best = graph.node_with(
        "MaxPool",
        &format!("{name}.best"),
        &[&better],
        vec![integers("kernel_shape", &[pairs as i64, 1])],
    );
    shape(graph, &best, &format!("{name}.maps"), &[1, count, FRAMES])
}

/// `[1, living, frames]` from the image, `[1, 1, bands, frames]`.
fn temporal(graph: &mut Graph, image: &Value, layer: &Filters<'_>) -> Value {
    let (name, count, frames) = (&layer.name, layer.living.len(), layer.frames());
    let taps = frames + PHASES - 1;
    let mut shifted = Vec::with_capacity(count * PHASES * taps);
    for filter in layer.weights().chunks_exact(frames) {
        for phase in 0..PHASES {
            shifted.extend(std::iter::repeat_n(0.0, phase));
            shifted.extend_from_slice(filter);
            shifted.extend(std::iter::repeat_n(0.0, PHASES - 1 - phase));
        }
    }
    let weights = graph.weights(
        &format!("{name}.weights"),
        &[count * PHASES, 1, 1, taps],
        &shifted,
    );
    // As TensorFlow pads "same": an even kernel gets the odd frame at its end.
    let before = (frames - 1) / 2;
    let after = (STEPS - 1) * PHASES + taps - before - FRAMES;
    let answers = graph.node_with(
        "Conv",
        &format!("{name}.answers"),
        &[image, &weights],
        vec![
            integers("kernel_shape", &[1, taps as i64]),
            integers("strides", &[1, PHASES as i64]),
            integers("pads", &[0, before as i64, 0, after as i64]),
        ],
    );
    let best = graph.node_with(
        "MaxPool",
        &format!("{name}.best"),
        &[&answers],
        vec![integers("kernel_shape", &[BANDS as i64, 1])],
    );
    let sizes = |sizes: [usize; 4]| sizes.map(|size| size as i64);
    let by_phase = graph.integers(
        &format!("{name}.by_phase.shape"),
        &sizes([1, count, PHASES, STEPS]),
    );
    let by_phase = graph.node("Reshape", &format!("{name}.by_phase"), &[&best, &by_phase]);
    let by_step = graph.node_with(
        "Transpose",
        &format!("{name}.by_step"),
        &[&by_phase],
        vec![integers("perm", &[0, 1, 3, 2])],
    );
    let in_order = graph.integers(
        &format!("{name}.in_order.shape"),
        &[1, count as i64, (STEPS * PHASES) as i64],
    );
    let in_order = graph.node(
        "Reshape",
        &format!("{name}.in_order"),
        &[&by_step, &in_order],
    );
    // The last step reaches beyond the last frame.
    let start = graph.integers(&format!("{name}.start"), &[0]);
    let end = graph.integers(&format!("{name}.end"), &[FRAMES as i64]);
    let axis = graph.integers(&format!("{name}.axis"), &[2]);
    graph.node(
        "Slice",
        &format!("{name}.maps"),
        &[&in_order, &start, &end, &axis],
    )
}

#[cfg(test)]
mod tests;
