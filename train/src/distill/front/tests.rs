//! The rearranged front end beside the plain one.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::graph::Graph;
use foretune::model::{FileEntry, OnnxModel};

/// Values of a linear congruential generator within ±1, exact in half precision.
fn noise(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as f32 / 128.0 - 1.0
        })
        .collect()
}

fn layer(seed: u32, filters: usize, frames: usize, bands: usize) -> Layer {
    Layer {
        shape: vec![filters, 1, frames, bands],
        weights: noise(seed, filters * frames * bands),
        bias: noise(seed + 1, filters),
        // Of either sign.
        scale: (0..filters)
            .map(|at| if at % 2 == 0 { 0.5 } else { -0.5 })
            .collect(),
        shift: vec![0.0; filters],
    }
}

/// A filter's answer at its best band, height by height; its least where the scale is negative.
fn best(layer: &Layer, filter: usize, image: &[f32], frame: usize) -> f32 {
    let (frames, bands) = (layer.shape[2], layer.shape[3]);
    let before = (frames - 1) / 2;
    let sign = layer.scale[filter].signum();
    let answer = |height: usize| -> f32 {
        let weights = layer.filter(filter).chunks_exact(bands).enumerate();
        let heard = weights.filter_map(|(tap, weights)| {
            let at = (frame + tap)
                .checked_sub(before)
                .filter(|&at| at < FRAMES)?;
            let row = &image[at * BANDS + height..][..bands];
            Some(row.iter().zip(weights).map(|(a, b)| a * b).sum::<f32>())
        });
        sign * (heard.sum::<f32>() + layer.bias[filter])
    };
    sign * (0..=BANDS - bands)
        .map(answer)
        .fold(f32::NEG_INFINITY, f32::max)
}

#[test]
fn it_answers_what_convolutions_answer() {
    let front = vec![
        layer(1, 3, 7, 38),
        layer(2, 2, 7, 67),
        layer(3, 2, 128, 1),
        layer(4, 3, 32, 1),
    ];
    let dense = || crate::distill::teacher::Dense {
        outputs: 0,
        weights: Vec::new(),
        bias: Vec::new(),
    };
    let teacher = Teacher {
        input: (1.0, 0.0),
        front,
        middle: Vec::new(),
        dense: dense(),
        dense_scale: Vec::new(),
        dense_shift: Vec::new(),
        output: dense(),
    };
    // One filter is left out.
    let living = vec![vec![0, 1, 2], vec![0, 1], vec![1], vec![0, 1, 2]];
    let width = living.iter().map(Vec::len).sum();
    let mut graph = Graph::default();
    let mel = graph.input("mel", &[1, FRAMES, BANDS]);
    let answers = best_answers(&mut graph, &mel, &teacher, &living);
    graph.output("answers", &[1, width, FRAMES], &answers);
    let onnx = graph.encode("front");
    let shape: &[&[usize]] = &[&[1, FRAMES, BANDS]];
    let model = OnnxModel::load(&FileEntry::describe("front", &onnx), &onnx, shape).unwrap();
    let image = noise(9, FRAMES * BANDS);
    let answers = &model.run(&[&image]).unwrap()[0];
    let filters = teacher
        .front
        .iter()
        .zip(&living)
        .flat_map(|(layer, living)| living.iter().map(move |&filter| (layer, filter)));
    for ((layer, filter), row) in filters.zip(answers.chunks_exact(FRAMES)) {
        for (frame, &actual) in row.iter().enumerate() {
            let expected = best(layer, filter, &image, frame);
            // Rounding in sums of up to 469 products within ±1.
            assert!(
                (actual - expected).abs() < 1e-4,
                "{actual} instead of {expected} in frame {frame}"
            );
        }
    }
}
