//! One frame after the other, where rustfft has vectors of its own for that.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::lanes::{LANES, Lanes};

pub struct PowerSpectra {
    transform: Arc<dyn RealToComplex<f32>>,
    samples: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    rows: [Vec<f32>; LANES],
    powers: Vec<Lanes>,
}

impl PowerSpectra {
    /// The lowest `bins`, one at least and half the length and one at most.
    pub fn new(length: usize, bins: usize) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(length);
        Self {
            samples: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            rows: [(); LANES].map(|()| vec![0.0; bins]),
            powers: vec![Lanes::ZERO; bins],
            transform,
        }
    }

    pub fn measure(&mut self, frames: [&[f32]; LANES], window: &[f32]) {
        for (frame, powers) in frames.into_iter().zip(&mut self.rows) {
            let weighted = frame
                .iter()
                .zip(window)
                .map(|(value, weight)| value * weight);
            self.samples
                .iter_mut()
                .zip(weighted)
                .for_each(|(sample, value)| *sample = value);
            // Fails only on buffers of another length than the transform's own.
            let _ = self.transform.process_with_scratch(
                &mut self.samples,
                &mut self.spectrum,
                &mut self.scratch,
            );
            for (power, bin) in powers.iter_mut().zip(&self.spectrum) {
                *power = bin.norm_sqr();
            }
        }
        let (quartets, rest) = self.powers.as_chunks_mut::<LANES>();
        for (at, quartet) in quartets.iter_mut().enumerate() {
            let rows = self
                .rows
                .each_ref()
                .map(|row| Lanes::load(&row[LANES * at..]));
            *quartet = Lanes::transposed(rows);
        }
        for (at, power) in (LANES * quartets.len()..).zip(rest) {
            *power = Lanes::load(&self.rows.each_ref().map(|row| row[at]));
        }
    }

    /// The powers of every bin, of the four frames.
    pub fn lanes(&self) -> &[Lanes] {
        &self.powers
    }

    /// The powers of every frame.
    pub fn rows(&mut self) -> &[Vec<f32>; LANES] {
        &self.rows
    }
}
