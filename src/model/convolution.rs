//! Convolution along time, stride 1.

use super::vertical::padded;
use crate::lanes::{LANES, Lanes};

/// Sums that are kept in registers: of so many channels, in so many frames.
const CHANNELS: usize = 4;
const VECTORS: usize = 3;
const FRAMES: usize = VECTORS * LANES;

/// `input` is `[channels, frames]`, `weights` `[outputs, channels, taps]`, taps odd, and `bias` one an
/// output or empty; `[outputs, frames]`.
pub fn convolve(
    input: &[f32],
    frames: usize,
    weights: &[f32],
    outputs: usize,
    taps: usize,
    bias: &[f32],
) -> Vec<f32> {
    let tiles = frames.div_ceil(FRAMES);
    let length = tiles * FRAMES + taps - 1;
    let rows = padded(input, frames, taps / 2, length);
    let kernel = weights.len() / outputs;
    let mut output = vec![0.0; outputs * frames];
    for tile in 0..tiles {
        let first = tile * FRAMES;
        let count = FRAMES.min(frames - first);
        let mut at = 0;
        while at < outputs {
            let together = if at + CHANNELS <= outputs {
                CHANNELS
            } else {
                1
            };
            let weights = &weights[at * kernel..(at + together) * kernel];
            let sums = if together == CHANNELS {
                sums::<CHANNELS>(&rows[first..], length, weights, taps)
            } else {
                let [one] = sums::<1>(&rows[first..], length, weights, taps);
                [one; CHANNELS]
            };
            for (index, sums) in sums.iter().enumerate().take(together) {
                let bias = bias.get(at + index).copied().unwrap_or_default();
                let row = &mut output[(at + index) * frames + first..][..count];
                for (value, sum) in row.iter_mut().zip(sums.iter().flatten()) {
                    *value = sum + bias;
                }
            }
            at += together;
        }
    }
    output
}

#[inline(always)]
fn sums<const N: usize>(
    rows: &[f32],
    length: usize,
    weights: &[f32],
    taps: usize,
) -> [[[f32; LANES]; VECTORS]; N] {
    let kernel = weights.len() / N;
    let weights: [&[f32]; N] = std::array::from_fn(|output| &weights[output * kernel..][..kernel]);
    let mut sums = [[Lanes::ZERO; VECTORS]; N];
    for channel in 0..kernel / taps {
        let row = &rows[channel * length..][..FRAMES + taps - 1];
        let weights = weights.map(|weights| &weights[channel * taps..][..taps]);
        for tap in 0..taps {
            let frames = &row[tap..][..FRAMES];
            let frames: [Lanes; VECTORS] =
                std::array::from_fn(|vector| Lanes::load(&frames[vector * LANES..]));
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let weight = Lanes::splat(weights[tap]);
                for (sum, frames) in sums.iter_mut().zip(frames) {
                    *sum = sum.mul_add(weight, frames);
                }
            }
        }
    }
    sums.map(|sums| sums.map(Lanes::to_array))
}
