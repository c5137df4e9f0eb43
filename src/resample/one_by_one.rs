//! One block after the other, where rustfft has vectors of its own for that.

use std::ops::Range;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

pub const BLOCKS_AT_ONCE: usize = 1;

/// Filters blocks and changes their rate, by a transform of one length and the inverse of another.
pub struct Converter {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// The gain of every bin below the Nyquist frequency of the lower rate.
    gains: Vec<f32>,
    samples_in: Vec<f32>,
    spectrum_in: Vec<Complex<f32>>,
    spectrum_out: Vec<Complex<f32>>,
    samples_out: Vec<f32>,
    scratch_in: Vec<Complex<f32>>,
    scratch_out: Vec<Complex<f32>>,
}

impl Converter {
    /// `taps` are of a block that comes in, and symmetric about its beginning.
    pub fn new(taps: &[f32], block_out: usize) -> Self {
        let mut planner = RealFftPlanner::<f32>::new();
        let forward = planner.plan_fft_forward(taps.len());
        let inverse = planner.plan_fft_inverse(block_out);
        let mut spectrum_in = forward.make_output_vec();
        // Transforms only fail on buffers of another length than their own.
        let _ = forward.process(&mut taps.to_vec(), &mut spectrum_in);
        let bins = &spectrum_in[..taps.len().min(block_out) / 2];
        Self {
            gains: bins.iter().map(|bin| bin.re).collect(),
            samples_in: forward.make_input_vec(),
            spectrum_out: inverse.make_input_vec(),
            samples_out: inverse.make_output_vec(),
            scratch_in: forward.make_scratch_vec(),
            scratch_out: inverse.make_scratch_vec(),
            spectrum_in,
            forward,
            inverse,
        }
    }

    /// Appends what is `kept` of the block's output.
    pub fn convert(
        &mut self,
        input: &[f32],
        _advance: usize,
        kept: Range<usize>,
        output: &mut Vec<f32>,
    ) {
        self.samples_in.copy_from_slice(input);
        let _ = self.forward.process_with_scratch(
            &mut self.samples_in,
            &mut self.spectrum_in,
            &mut self.scratch_in,
        );
        self.spectrum_out.fill(Complex::default());
        let bins = self.spectrum_in.iter().zip(&self.gains);
        for (out, (bin, gain)) in self.spectrum_out.iter_mut().zip(bins) {
            *out = bin * gain;
        }
        let _ = self.inverse.process_with_scratch(
            &mut self.spectrum_out,
            &mut self.samples_out,
            &mut self.scratch_out,
        );
        output.extend_from_slice(&self.samples_out[kept]);
    }
}
