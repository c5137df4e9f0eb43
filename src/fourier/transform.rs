//! Transforms of four signals at once. Factors of four are taken out here, in place, with twiddle factors of
//! one number for all lanes, where rustfft's would each be as large as what they turn; what remains is
//! rustfft's, by its algorithms that do for every length, rather than all that its planner chooses among.

use std::f64::consts::TAU;
use std::sync::Arc;

use rustfft::algorithm::butterflies::{
    Butterfly1, Butterfly2, Butterfly3, Butterfly5, Butterfly7, Butterfly8, Butterfly9, Butterfly16,
};
use rustfft::algorithm::{BluesteinsAlgorithm, GoodThomasAlgorithmSmall, MixedRadixSmall, Radix4};
use rustfft::num_complex::Complex;
use rustfft::num_traits::Zero as _;
use rustfft::{Fft, FftDirection};

use crate::lanes::{Lanes, quarters};
use crate::resample::greatest_common_divisor;

pub type Bin = Complex<Lanes>;

/// The forward transform of one length.
pub struct Transform {
    base: Plan,
    scratch: Vec<Bin>,
    /// Of every factor of four, the twiddle factors of the second to the fourth part.
    layers: Vec<Vec<[Turn; 3]>>,
    order: Vec<usize>,
}

impl Transform {
    pub fn new(length: usize) -> Self {
        let twos = length.trailing_zeros() as usize;
        let odd = length >> twos;
        let (base, base_twos) = if odd == 1 && twos >= 3 {
            base_of_twos(twos)
        } else {
            (plan(odd << (twos % 2)), twos % 2)
        };
        let fours = (twos - base_twos) / 2;
        let quarters = (0..fours).map(|layer| base.len() << (2 * layer));
        Self {
            scratch: vec![Bin::zero(); base.get_inplace_scratch_len()],
            layers: quarters.map(turns).collect(),
            order: (0..length).map(|at| place(at, base.len(), fours)).collect(),
            base,
        }
    }

    /// Where each of the numbers to be transformed has to be put.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Of numbers that were put in order; what comes of them is in its own.
    pub fn process(&mut self, bins: &mut [Bin]) {
        self.join(bins, self.layers.len());
    }

    /// The same for one that takes every bin for itself; what is left in `bins` means nothing.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub fn for_each(&mut self, bins: &mut [Bin], mut visit: impl FnMut(usize, Bin)) {
        let Some(last) = self.layers.len().checked_sub(1) else {
            self.join(bins, 0);
            return (0..).zip(bins).for_each(|(at, &mut bin)| visit(at, bin));
        };
        self.join(bins, last);
        let turns = &self.layers[last];
        let quarter = turns.len();
        for (at, (parts, turns)) in parts(bins).zip(turns).enumerate() {
            let [a, b, c, d] = joined(parts.map(|part| *part), turns);
            visit(at, a);
            visit(quarter + at, b);
            visit(2 * quarter + at, c);
            visit(3 * quarter + at, d);
        }
    }

    /// The transforms of parts, and the first `layers` of joining them.
    fn join(&mut self, bins: &mut [Bin], layers: usize) {
        self.base.process_with_scratch(bins, &mut self.scratch);
        for turns in &self.layers[..layers] {
            for bins in bins.chunks_exact_mut(4 * turns.len()) {
                join(bins, turns);
            }
        }
    }
}

/// The digits of `at` to base four are reversed, and what is above them comes last (Cooley and Tukey, 1965).
fn place(at: usize, base: usize, fours: usize) -> usize {
    let (mut digits, mut reversed) = (at, 0);
    for _ in 0..fours {
        reversed = 4 * reversed + digits % 4;
        digits /= 4;
    }
    reversed * base + digits
}

/// Cosine and sine.
type Turn = [f32; 2];

fn turns(quarter: usize) -> Vec<[Turn; 3]> {
    (0..quarter)
        .map(|bin| {
            [1, 2, 3].map(|part| {
                let angle = TAU * (part * bin) as f64 / (4 * quarter) as f64;
                [angle.cos() as f32, angle.sin() as f32]
            })
        })
        .collect()
}

/// The transform of a whole from those of its four parts.
fn join(bins: &mut [Bin], turns: &[[Turn; 3]]) {
    for ([a, b, c, d], turns) in parts(bins).zip(turns) {
        [*a, *b, *c, *d] = joined([*a, *b, *c, *d], turns);
    }
}

/// What is in the same place of all four.
fn parts(bins: &mut [Bin]) -> impl Iterator<Item = [&mut Bin; 4]> {
    let [first, second, third, fourth] = quarters(bins);
    let pairs = first.iter_mut().zip(second);
    let parts = pairs.zip(third.iter_mut().zip(fourth));
    parts.map(|((a, b), (c, d))| [a, b, c, d])
}

#[inline(always)]
fn joined([a, b, c, d]: [Bin; 4], turns: &[Turn; 3]) -> [Bin; 4] {
    let [second, third, fourth] = [
        turned(b, turns[0]),
        turned(c, turns[1]),
        turned(d, turns[2]),
    ];
    let (even, even_apart) = (a + third, a - third);
    let (odd, apart) = (second + fourth, second - fourth);
    [
        even + odd,
        // By a quarter of a circle, clockwise and back.
        Bin::new(even_apart.re + apart.im, even_apart.im - apart.re),
        even - odd,
        Bin::new(even_apart.re - apart.im, even_apart.im + apart.re),
    ]
}

/// Clockwise.
#[inline(always)]
fn turned(value: Bin, [cosine, sine]: Turn) -> Bin {
    let (cosine, sine) = (Lanes::splat(cosine), Lanes::splat(sine));
    Bin::new(
        (value.re * cosine).mul_add(value.im, sine),
        value.im * cosine - value.re * sine,
    )
}

type Plan = Arc<dyn Fft<Lanes>>;

const FORWARD: FftDirection = FftDirection::Forward;

/// Below as many factors of four as make a power of two with it, of eight at least; and its own exponent.
fn base_of_twos(twos: usize) -> (Plan, usize) {
    if twos.is_multiple_of(2) {
        (Arc::new(Butterfly16::new(FORWARD)), 4)
    } else {
        (Arc::new(Butterfly8::new(FORWARD)), 3)
    }
}

fn plan(length: usize) -> Plan {
    small(length).unwrap_or_else(|| {
        // A power of two, of at least 2^5 since the least prime that is no butterfly is 11.
        let inner = (2 * length - 1).next_power_of_two();
        let twos = inner.trailing_zeros() as usize;
        let (base, base_twos) = base_of_twos(twos);
        let fours = ((twos - base_twos) / 2) as u32;
        let inner = Arc::new(Radix4::new_with_base(fours, base));
        Arc::new(BluesteinsAlgorithm::new(length, inner))
    })
}

/// Small factors, one on top of the other.
fn small(length: usize) -> Option<Plan> {
    if let Some(butterfly) = butterfly(length) {
        return Some(butterfly);
    }
    let factor = [9, 7, 5, 3, 2]
        .into_iter()
        .find(|factor| length.is_multiple_of(*factor))?;
    let rest = length / factor;
    let (factor_plan, rest_plan) = (butterfly(factor)?, small(rest)?);
    Some(if greatest_common_divisor(factor, rest) == 1 {
        Arc::new(GoodThomasAlgorithmSmall::new(factor_plan, rest_plan))
    } else {
        Arc::new(MixedRadixSmall::new(factor_plan, rest_plan))
    })
}

fn butterfly(length: usize) -> Option<Plan> {
    Some(match length {
        1 => Arc::new(Butterfly1::new(FORWARD)),
        2 => Arc::new(Butterfly2::new(FORWARD)),
        3 => Arc::new(Butterfly3::new(FORWARD)),
        5 => Arc::new(Butterfly5::new(FORWARD)),
        7 => Arc::new(Butterfly7::new(FORWARD)),
        9 => Arc::new(Butterfly9::new(FORWARD)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::LANES;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn every_length_is_transformed_as_the_sum_that_defines_it() {
        // Powers of two, what usual rates bring, and primes, alone and with other factors.
        let others = [147, 160, 320, 441, 588, 882, 47, 101, 3 * 101, 8 * 101, 331];
        for length in (1..=40).chain([64, 128, 256, 512]).chain(others) {
            let mut state = 7_u32;
            let mut random = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state as f32 / u32::MAX as f32 - 0.5
            };
            let mut lanes = || Lanes::load(&std::array::from_fn::<f32, LANES, _>(|_| random()));
            let signals: Vec<_> = (0..length)
                .map(|_| Complex::new(lanes(), lanes()))
                .collect();
            let mut transform = Transform::new(length);
            let mut spectra = vec![Complex::zero(); length];
            for (&place, &signal) in transform.order().iter().zip(&signals) {
                spectra[place] = signal;
            }
            let mut bins = spectra.clone();
            transform.process(&mut spectra);
            transform.for_each(&mut bins, |bin, value| assert_eq!(value, spectra[bin]));
            let of_lane = |value: &Complex<Lanes>, lane: usize| {
                let (re, im) = (value.re.to_array()[lane], value.im.to_array()[lane]);
                Complex::new(f64::from(re), f64::from(im))
            };
            // Each is a sum of at most twenty roundings of numbers as large as the root of the length;
            // where the length is prime, of a convolution twice to four times as long.
            let least = 2e-6 * (length as f64).sqrt();
            for lane in 0..LANES {
                for (bin, spectrum) in spectra.iter().enumerate() {
                    let exact: Complex<f64> = signals
                        .iter()
                        .enumerate()
                        .map(|(at, signal)| {
                            let angle = -TAU * (bin * at % length) as f64 / length as f64;
                            of_lane(signal, lane) * Complex::from_polar(1.0, angle)
                        })
                        .sum();
                    let error = (of_lane(spectrum, lane) - exact).norm();
                    assert!(error < least, "{length}, bin {bin}: {error}");
                }
            }
        }
    }
}
