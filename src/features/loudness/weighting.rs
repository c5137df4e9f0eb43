//! The K filter of ITU-R BS.1770: what the head and the ear's lack of bass do to a sound.

use std::f64::consts::PI;

use crate::lanes::Pair;

/// The filters of two channels, side by side in one vector. In f64, since the high pass at 38 Hz loses
/// 1e-5 of it in f32.
pub struct KFilter {
    shelf: Biquad,
    high_pass: Biquad,
    /// What both leave out.
    gain: f64,
}

impl KFilter {
    /// BS.1770 tabulates coefficients for 48 kHz only. These formulas and constants give the same
    /// there and the same filter at any rate (De Man, Evaluation of Implementations of the EBU R128
    /// Loudness Measurement, AES 145, 2018).
    pub fn new(sample_rate_hz: u32) -> Self {
        let rate = f64::from(sample_rate_hz);

        let k = (PI * 1_681.974_450_955_533 / rate).tan();
        let q = 0.707_175_236_955_419_6;
        let high = 10.0_f64.powf(3.999_843_853_973_347 / 20.0);
        let band = high.powf(0.499_666_774_154_541_6);
        let a0 = 1.0 + k / q + k * k;
        let gain = (high + band * k / q + k * k) / a0;
        let shelf = Biquad::new(
            [
                2.0 * (k * k - high) / a0 / gain,
                (high - band * k / q + k * k) / a0 / gain,
            ],
            [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
        );

        let k = (PI * 38.135_470_876_024_44 / rate).tan();
        let q = 0.500_327_037_323_877_3;
        let a0 = 1.0 + k / q + k * k;
        let high_pass = Biquad::new(
            [-2.0, 1.0],
            [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
        );
        Self {
            shelf,
            high_pass,
            gain,
        }
    }

    /// Sums of squares of both channels' filtered samples; the filters go on from where they were.
    pub fn energies(&mut self, [left, right]: [&[f32]; 2]) -> [f64; 2] {
        let mut energies = Pair::ZERO;
        for (&left, &right) in left.iter().zip(right) {
            let samples = Pair::new(f64::from(left), f64::from(right));
            let filtered = self.high_pass.next(self.shelf.next(samples));
            energies = energies.mul_add(filtered, filtered);
        }
        self.shelf.settle();
        self.high_pass.settle();
        energies
            .to_array()
            .map(|energy| energy * self.gain * self.gain)
    }
}

/// Two poles and two zeros, in transposed direct form II, scaled to answer to a sample with that sample. What
/// the output gives back to the state is written with the state it came of, so that a sample waits for one
/// product and one sum of the last.
struct Biquad {
    /// Of the zeros, less those of the poles.
    fed: [Pair; 2],
    /// Of the poles, negated.
    back: [Pair; 2],
    state: [Pair; 2],
}

impl Biquad {
    fn new(b: [f64; 2], a: [f64; 2]) -> Self {
        Self {
            fed: [b[0] - a[0], b[1] - a[1]].map(Pair::splat),
            back: a.map(|a| Pair::splat(-a)),
            state: [Pair::ZERO; 2],
        }
    }

    #[inline]
    fn next(&mut self, x: Pair) -> Pair {
        let [first, second] = self.state;
        self.state = [
            second.mul_add(self.fed[0], x).mul_add(self.back[0], first),
            self.fed[1].times(x).mul_add(self.back[1], first),
        ];
        first.plus(x)
    }

    /// In silence the state fades into denormal numbers, which processors are slow with.
    fn settle(&mut self) {
        let settled = |value: f64| if value.abs() < 1e-30 { 0.0 } else { value };
        self.state = self.state.map(|state| {
            let [left, right] = state.to_array().map(settled);
            Pair::new(left, right)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_at_48_khz_are_the_tabulated_ones() {
        let filter = KFilter::new(48_000);
        // BS.1770-4, tables 1 and 2, to all their digits.
        let tables = [
            (
                filter.shelf,
                [1.53512485958697, -2.69169618940638, 1.19839281085285],
                [-1.69065929318241, 0.73248077421585],
            ),
            (
                filter.high_pass,
                [1.0, -2.0, 1.0],
                [-1.99004745483398, 0.99007225036621],
            ),
        ];
        for ((biquad, b, a), b0) in tables.into_iter().zip([filter.gain, 1.0]) {
            let value = |pair: Pair| pair.to_array()[0];
            let (fed, back) = (biquad.fed.map(value), biquad.back.map(value));
            let actual = [
                b0,
                b0 * (fed[0] - back[0]),
                b0 * (fed[1] - back[1]),
                -back[0],
                -back[1],
            ];
            for (actual, expected) in actual.into_iter().zip(b.into_iter().chain(a)) {
                assert!(
                    (actual - expected).abs() < 1e-8,
                    "{actual}, expected {expected}"
                );
            }
        }
    }
}
