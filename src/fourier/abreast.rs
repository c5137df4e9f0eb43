//! Four frames at once: what a lane holds belongs to one of them, so that nothing is ever moved between
//! lanes, as it has to be in the transform of a single frame.

use std::f64::consts::TAU;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::num_traits::Zero as _;
use rustfft::{Fft, FftDirection};

use super::plan::plan;
use crate::lanes::{LANES, Lanes};

type Bin = Complex<Lanes>;

/// A real transform by a complex one of half the length, whose result is parted into that of even and
/// odd samples (Press et al., Numerical Recipes, 12.3).
pub struct PowerSpectra {
    transform: Arc<dyn Fft<Lanes>>,
    parting: Vec<Bin>,
    samples: Vec<Bin>,
    spectrum: Vec<Bin>,
    scratch: Vec<Bin>,
    /// Of every bin.
    powers: Vec<Lanes>,
}

impl PowerSpectra {
    pub fn new(length: usize) -> Self {
        let half = length / 2;
        let transform = plan(half, FftDirection::Forward);
        let turn = |bin: usize| {
            let (sine, cosine) = (TAU * bin as f64 / length as f64).sin_cos();
            Bin::new(Lanes::splat(cosine as f32), Lanes::splat(sine as f32))
        };
        Self {
            parting: (0..=half / 2).map(turn).collect(),
            samples: vec![Bin::zero(); half],
            spectrum: vec![Bin::zero(); half],
            scratch: vec![Bin::zero(); transform.get_outofplace_scratch_len()],
            powers: vec![Lanes::ZERO; half + 1],
            transform,
        }
    }

    pub fn measure(
        &mut self,
        frames: [&[f32]; LANES],
        window: &[f32],
        powers: &mut [Vec<f32>; LANES],
    ) {
        let (window, _) = window.as_chunks::<LANES>();
        let frames = frames.map(|frame| &frame.as_chunks::<LANES>().0[..window.len()]);
        // Parting the result adds what it means.
        let half = Lanes::splat(0.5);
        let samples = self.samples.as_chunks_mut::<2>().0.iter_mut();
        for (at, (samples, weights)) in samples.zip(window).enumerate() {
            let weights = half * Lanes::load(weights);
            let rows = frames.map(|frame| weights * Lanes::load(&frame[at]));
            let [first, second, third, fourth] = Lanes::transposed(rows);
            *samples = [Bin::new(first, second), Bin::new(third, fourth)];
        }
        self.transform.process_outofplace_with_scratch(
            &mut self.samples,
            &mut self.spectrum,
            &mut self.scratch,
        );
        self.part(powers);
    }

    fn part(&mut self, powers: &mut [Vec<f32>; LANES]) {
        let half = self.spectrum.len();
        let power = |re: Lanes, im: Lanes| (re * re).mul_add(im, im);
        for (bin, turn) in self.parting.iter().enumerate() {
            // With the conjugate of `there`, written out: rustfft's numbers know no fused products.
            let here = self.spectrum[bin];
            let there = self.spectrum[(half - bin) % half];
            let even = Bin::new(here.re + there.re, here.im - there.im);
            let odd = Bin::new(here.re - there.re, here.im + there.im);
            let re = (odd.re * turn.re).mul_add(odd.im, turn.im);
            let im = odd.im * turn.re - odd.re * turn.im;
            self.powers[bin] = power(even.re + im, even.im - re);
            self.powers[half - bin] = power(even.re - im, even.im + re);
        }
        let (quartets, rest) = self.powers.as_chunks::<LANES>();
        for (at, quartet) in quartets.iter().enumerate() {
            let rows = Lanes::transposed(*quartet);
            for (powers, row) in powers.iter_mut().zip(rows) {
                row.store(&mut powers[at * LANES..]);
            }
        }
        for (at, power) in (LANES * quartets.len()..).zip(rest) {
            for (powers, power) in powers.iter_mut().zip(power.to_array()) {
                powers[at] = power;
            }
        }
    }
}
