//! Eight blocks at once: what a lane holds belongs to two of them, one of which is the real part of what
//! is transformed and the other the imaginary. Since the filter's spectrum is real, both come out as they
//! went in, and nothing has to be parted.

use std::ops::Range;

use rustfft::num_traits::Zero as _;

use crate::fourier::transform::{Bin, Transform};
use crate::lanes::{LANES, Lanes};

pub const BLOCKS_AT_ONCE: usize = 2 * LANES;

/// Filters blocks and changes their rate, by a transform of one length and the inverse of another. That is
/// the transform too, where real and imaginary parts change places before and after.
pub struct Converter {
    forward: Transform,
    inverse: Transform,
    /// The gain of every bin below the Nyquist frequency of the lower rate.
    gains: Vec<f32>,
    input: Vec<Bin>,
    output: Vec<Bin>,
}

impl Converter {
    /// `taps` are of a block that comes in, and symmetric about its beginning.
    pub fn new(taps: &[f32], block_out: usize) -> Self {
        let mut forward = Transform::new(taps.len());
        let mut input = vec![Bin::zero(); taps.len()];
        for (&place, &tap) in forward.order().iter().zip(taps) {
            input[place].re = Lanes::splat(tap);
        }
        forward.process(&mut input);
        let bins = &input[..taps.len().min(block_out) / 2];
        Self {
            gains: bins.iter().map(|bin| bin.re.to_array()[0]).collect(),
            forward,
            inverse: Transform::new(block_out),
            input,
            output: vec![Bin::zero(); block_out],
        }
    }

    /// Appends what is `kept` of the output of every block; each begins `advance` after the one before.
    pub fn convert(
        &mut self,
        input: &[f32],
        advance: usize,
        kept: Range<usize>,
        output: &mut Vec<f32>,
    ) {
        self.gather(input, advance);
        let (places, gains, output_bins) = (self.inverse.order(), &self.gains, &mut self.output);
        let (length_in, length_out) = (self.input.len(), output_bins.len());
        for &place in &places[gains.len()..=length_out - gains.len()] {
            output_bins[place] = Bin::zero();
        }
        self.forward.for_each(&mut self.input, |bin, value| {
            // Negative frequencies come last.
            let below_zero = length_in - bin;
            let (place, gain) = if bin < gains.len() {
                (places[bin], gains[bin])
            } else if below_zero < gains.len() {
                (places[length_out - below_zero], gains[below_zero])
            } else {
                return;
            };
            let gain = Lanes::splat(gain);
            output_bins[place] = Bin::new(value.im * gain, value.re * gain);
        });
        self.inverse.process(&mut self.output);
        self.part(kept, output);
    }

    fn gather(&mut self, input: &[f32], advance: usize) {
        let length = self.input.len();
        let blocks: [&[f32]; BLOCKS_AT_ONCE] =
            std::array::from_fn(|block| &input[block * advance..][..length]);
        let (quartets, rest) = self.forward.order().as_chunks::<LANES>();
        for (at, places) in quartets.iter().enumerate() {
            let rows = |first: usize| {
                let rows =
                    std::array::from_fn(|lane| Lanes::load(&blocks[first + lane][LANES * at..]));
                Lanes::transposed(rows)
            };
            let (real, imaginary) = (rows(0), rows(LANES));
            for ((&place, re), im) in places.iter().zip(real).zip(imaginary) {
                self.input[place] = Bin::new(re, im);
            }
        }
        let first = length - rest.len();
        for (at, &place) in rest.iter().enumerate() {
            let column = |part: usize| -> [f32; LANES] {
                std::array::from_fn(|lane| blocks[part + lane][first + at])
            };
            self.input[place] = Bin::new(Lanes::load(&column(0)), Lanes::load(&column(LANES)));
        }
    }

    fn part(&mut self, kept: Range<usize>, output: &mut Vec<f32>) {
        let start = output.len();
        let length = kept.len();
        output.resize(start + BLOCKS_AT_ONCE * length, 0.0);
        let output = &mut output[start..];
        let (quartets, rest) = self.output[kept].as_chunks::<LANES>();
        for (at, samples) in quartets.iter().enumerate() {
            let real = Lanes::transposed(samples.map(|sample| sample.im));
            let imaginary = Lanes::transposed(samples.map(|sample| sample.re));
            for (block, row) in real.into_iter().chain(imaginary).enumerate() {
                row.store(&mut output[block * length + LANES * at..]);
            }
        }
        for (at, sample) in (LANES * quartets.len()..).zip(rest) {
            let values = sample.im.to_array().into_iter().chain(sample.re.to_array());
            for (block, value) in values.enumerate() {
                output[block * length + at] = value;
            }
        }
    }
}
