//! Four frames at once: what a lane holds belongs to one of them, so that nothing is ever moved between
//! lanes, as it has to be in the transform of a single frame.

use std::f64::consts::TAU;

use rustfft::num_traits::Zero as _;

use super::transform::{Bin, Transform};
use crate::lanes::{LANES, Lanes, turn};

/// A real transform by a complex one of half the length, whose result is parted into that of even and
/// odd samples (Press et al., Numerical Recipes, 12.3).
pub struct PowerSpectra {
    transform: Transform,
    parting: Vec<Bin>,
    spectrum: Vec<Bin>,
    /// Of every bin that is asked for.
    powers: Vec<Lanes>,
    rows: [Vec<f32>; LANES],
}

impl PowerSpectra {
    /// The lowest `bins`, one at least and half the length and one at most.
    pub fn new(length: usize, bins: usize) -> Self {
        let half = length / 2;
        let turn = |bin: usize| {
            let (sine, cosine) = (TAU * bin as f64 / length as f64).sin_cos();
            Bin::new(Lanes::splat(cosine as f32), Lanes::splat(sine as f32))
        };
        Self {
            parting: (0..bins.min(half / 2 + 1)).map(turn).collect(),
            spectrum: vec![Bin::zero(); half],
            powers: vec![Lanes::ZERO; bins],
            rows: [(); LANES].map(|()| vec![0.0; bins]),
            transform: Transform::new(half),
        }
    }

    pub fn measure(&mut self, frames: [&[f32]; LANES], window: &[f32]) {
        let (window, _) = window.as_chunks::<LANES>();
        let frames = frames.map(|frame| &frame.as_chunks::<LANES>().0[..window.len()]);
        // Parting the result adds what it means.
        let half = Lanes::splat(0.5);
        let places = self.transform.order().as_chunks::<2>().0;
        for (at, (places, weights)) in places.iter().zip(window).enumerate() {
            let weights = half * Lanes::load(weights);
            let rows = frames.map(|frame| weights * Lanes::load(&frame[at]));
            let [first, second, third, fourth] = Lanes::transposed(rows);
            self.spectrum[places[0]] = Bin::new(first, second);
            self.spectrum[places[1]] = Bin::new(third, fourth);
        }
        self.transform.process(&mut self.spectrum);
        self.part();
    }

    /// The powers of every bin, of the four frames.
    pub fn lanes(&self) -> &[Lanes] {
        &self.powers
    }

    /// The powers of every frame.
    pub fn rows(&mut self) -> &[Vec<f32>; LANES] {
        let rows = self.rows.each_mut().map(Vec::as_mut_slice);
        turn(self.powers.len(), |bin| self.powers[bin], rows);
        &self.rows
    }

    fn part(&mut self) {
        let half = self.spectrum.len();
        let power = |re: Lanes, im: Lanes| (re * re).mul_add(im, im);
        // At 0 Hz and at the Nyquist frequency, of the same bin.
        let [sum, difference] = [
            self.spectrum[0].re + self.spectrum[0].im,
            self.spectrum[0].re - self.spectrum[0].im,
        ]
        .map(|value| value + value);
        let bins = self.powers.len();
        self.powers[0] = sum * sum;
        if half < bins {
            self.powers[half] = difference * difference;
        }
        for (bin, turn) in self.parting.iter().enumerate().skip(1) {
            // With the conjugate of `there`, written out: rustfft's numbers know no fused products.
            let (here, there) = (self.spectrum[bin], self.spectrum[half - bin]);
            let even = Bin::new(here.re + there.re, here.im - there.im);
            let odd = Bin::new(here.re - there.re, here.im + there.im);
            let re = (odd.re * turn.re).mul_add(odd.im, turn.im);
            let im = odd.im * turn.re - odd.re * turn.im;
            self.powers[bin] = power(even.re + im, even.im - re);
            if half - bin < bins {
                self.powers[half - bin] = power(even.re - im, even.im + re);
            }
        }
    }
}
