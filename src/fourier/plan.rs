//! Which of rustfft's algorithms transform what, four signals at once. Its planner chooses among all of
//! them, and each would be part of the core; these few do for every length, and as fast for those that
//! the usual rates bring.

use std::sync::Arc;

use rustfft::algorithm::butterflies::{
    Butterfly1, Butterfly2, Butterfly3, Butterfly5, Butterfly7, Butterfly8, Butterfly9, Butterfly16,
};
use rustfft::algorithm::{BluesteinsAlgorithm, GoodThomasAlgorithmSmall, MixedRadixSmall, Radix4};
use rustfft::{Fft, FftDirection};

use crate::lanes::Lanes;
use crate::resample::greatest_common_divisor;

type Plan = Arc<dyn Fft<Lanes>>;

/// As many factors of four as there are, on top of what remains.
pub fn plan(length: usize, direction: FftDirection) -> Plan {
    let twos = length.trailing_zeros();
    let odd = length >> twos;
    let (base, base_twos): (Plan, u32) = match (odd, twos, twos % 2) {
        (1, 4.., 0) => (Arc::new(Butterfly16::new(direction)), 4),
        (1, 3.., 1) => (Arc::new(Butterfly8::new(direction)), 3),
        (_, _, left) => (other(odd << left, direction), left),
    };
    Arc::new(Radix4::new_with_base((twos - base_twos) / 2, base))
}

fn other(length: usize, direction: FftDirection) -> Plan {
    small(length, direction).unwrap_or_else(|| {
        let inner = plan((2 * length - 1).next_power_of_two(), direction);
        Arc::new(BluesteinsAlgorithm::new(length, inner))
    })
}

/// Small factors, one on top of the other.
fn small(length: usize, direction: FftDirection) -> Option<Plan> {
    if let Some(butterfly) = butterfly(length, direction) {
        return Some(butterfly);
    }
    let factor = [9, 7, 5, 3, 2]
        .into_iter()
        .find(|factor| length.is_multiple_of(*factor))?;
    let rest = length / factor;
    let (factor_plan, rest_plan) = (butterfly(factor, direction)?, small(rest, direction)?);
    Some(if greatest_common_divisor(factor, rest) == 1 {
        Arc::new(GoodThomasAlgorithmSmall::new(factor_plan, rest_plan))
    } else {
        Arc::new(MixedRadixSmall::new(factor_plan, rest_plan))
    })
}

fn butterfly(length: usize, direction: FftDirection) -> Option<Plan> {
    Some(match length {
        1 => Arc::new(Butterfly1::new(direction)),
        2 => Arc::new(Butterfly2::new(direction)),
        3 => Arc::new(Butterfly3::new(direction)),
        5 => Arc::new(Butterfly5::new(direction)),
        7 => Arc::new(Butterfly7::new(direction)),
        9 => Arc::new(Butterfly9::new(direction)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use rustfft::num_complex::Complex;
    use rustfft::num_traits::Zero as _;

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
            let forward = plan(length, FftDirection::Forward);
            let mut spectra = signals.clone();
            let mut scratch = vec![Complex::zero(); forward.get_inplace_scratch_len()];
            forward.process_with_scratch(&mut spectra, &mut scratch);
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
            let inverse = plan(length, FftDirection::Inverse);
            let mut scratch = vec![Complex::zero(); inverse.get_inplace_scratch_len()];
            inverse.process_with_scratch(&mut spectra, &mut scratch);
            for (back, signal) in spectra.iter().zip(&signals) {
                for lane in 0..LANES {
                    let back = of_lane(back, lane) / length as f64;
                    let error = (back - of_lane(signal, lane)).norm();
                    assert!(error < least, "{length} and back: {error}");
                }
            }
        }
    }
}
