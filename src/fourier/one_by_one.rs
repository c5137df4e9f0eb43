//! One frame after the other, where rustfft has vectors of its own for that.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::lanes::LANES;

pub struct PowerSpectra {
    transform: Arc<dyn RealToComplex<f32>>,
    samples: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl PowerSpectra {
    pub fn new(length: usize) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(length);
        Self {
            samples: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
        }
    }

    pub fn measure(
        &mut self,
        frames: [&[f32]; LANES],
        window: &[f32],
        powers: &mut [Vec<f32>; LANES],
    ) {
        for (frame, powers) in frames.into_iter().zip(powers) {
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
    }
}
