//! Eight blocks at once: what a lane holds belongs to two of them, one of which is the real part of what
//! is transformed and the other the imaginary. Since the filter's spectrum is real, both come out as they
//! went in, and nothing has to be parted.

use std::ops::Range;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::num_traits::Zero as _;
use rustfft::{Fft, FftDirection};

use crate::fourier::plan::plan;
use crate::lanes::{LANES, Lanes};

pub const BLOCKS_AT_ONCE: usize = 2 * LANES;

type Bin = Complex<Lanes>;

/// Filters blocks and changes their rate, by a transform of one length and the inverse of another.
pub struct Converter {
    forward: Arc<dyn Fft<Lanes>>,
    inverse: Arc<dyn Fft<Lanes>>,
    /// The gain of every bin below the Nyquist frequency of the lower rate.
    gains: Vec<f32>,
    samples_in: Vec<Bin>,
    spectrum_in: Vec<Bin>,
    spectrum_out: Vec<Bin>,
    samples_out: Vec<Bin>,
    scratch: Vec<Bin>,
}

impl Converter {
    /// `taps` are of a block that comes in, and symmetric about its beginning.
    pub fn new(taps: &[f32], block_out: usize) -> Self {
        let forward = plan(taps.len(), FftDirection::Forward);
        let inverse = plan(block_out, FftDirection::Inverse);
        let scratch = forward
            .get_outofplace_scratch_len()
            .max(inverse.get_outofplace_scratch_len());
        let mut converter = Self {
            samples_in: taps
                .iter()
                .map(|&tap| Bin::new(Lanes::splat(tap), Lanes::ZERO))
                .collect(),
            spectrum_in: vec![Bin::zero(); taps.len()],
            spectrum_out: vec![Bin::zero(); block_out],
            samples_out: vec![Bin::zero(); block_out],
            scratch: vec![Bin::zero(); scratch],
            gains: Vec::new(),
            forward,
            inverse,
        };
        converter.transform();
        let bins = &converter.spectrum_in[..taps.len().min(block_out) / 2];
        converter.gains = bins.iter().map(|bin| bin.re.to_array()[0]).collect();
        converter
    }

    fn transform(&mut self) {
        self.forward.process_outofplace_with_scratch(
            &mut self.samples_in,
            &mut self.spectrum_in,
            &mut self.scratch,
        );
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
        self.transform();
        self.spectrum_out.fill(Bin::zero());
        let (length_in, length_out) = (self.spectrum_in.len(), self.spectrum_out.len());
        for (bin, &gain) in self.gains.iter().enumerate() {
            let gain = Lanes::splat(gain);
            let scaled = |value: Bin| Bin::new(value.re * gain, value.im * gain);
            self.spectrum_out[bin] = scaled(self.spectrum_in[bin]);
            if bin > 0 {
                self.spectrum_out[length_out - bin] = scaled(self.spectrum_in[length_in - bin]);
            }
        }
        self.inverse.process_outofplace_with_scratch(
            &mut self.spectrum_out,
            &mut self.samples_out,
            &mut self.scratch,
        );
        self.part(kept, output);
    }

    fn gather(&mut self, input: &[f32], advance: usize) {
        let length = self.samples_in.len();
        let blocks: [&[f32]; BLOCKS_AT_ONCE] =
            std::array::from_fn(|block| &input[block * advance..][..length]);
        let (quartets, rest) = self.samples_in.as_chunks_mut::<LANES>();
        for (at, samples) in quartets.iter_mut().enumerate() {
            let rows = |first: usize| {
                let rows =
                    std::array::from_fn(|lane| Lanes::load(&blocks[first + lane][LANES * at..]));
                Lanes::transposed(rows)
            };
            let (real, imaginary) = (rows(0), rows(LANES));
            for ((sample, re), im) in samples.iter_mut().zip(real).zip(imaginary) {
                *sample = Bin::new(re, im);
            }
        }
        let first = length - rest.len();
        for (at, sample) in rest.iter_mut().enumerate() {
            let column = |part: usize| -> [f32; LANES] {
                std::array::from_fn(|lane| blocks[part + lane][first + at])
            };
            *sample = Bin::new(Lanes::load(&column(0)), Lanes::load(&column(LANES)));
        }
    }

    fn part(&mut self, kept: Range<usize>, output: &mut Vec<f32>) {
        let start = output.len();
        let length = kept.len();
        output.resize(start + BLOCKS_AT_ONCE * length, 0.0);
        let output = &mut output[start..];
        let (quartets, rest) = self.samples_out[kept].as_chunks::<LANES>();
        for (at, samples) in quartets.iter().enumerate() {
            let real = Lanes::transposed(samples.map(|sample| sample.re));
            let imaginary = Lanes::transposed(samples.map(|sample| sample.im));
            for (block, row) in real.into_iter().chain(imaginary).enumerate() {
                row.store(&mut output[block * length + LANES * at..]);
            }
        }
        for (at, sample) in (LANES * quartets.len()..).zip(rest) {
            let values = sample.re.to_array().into_iter().chain(sample.im.to_array());
            for (block, value) in values.enumerate() {
                output[block * length + at] = value;
            }
        }
    }
}
