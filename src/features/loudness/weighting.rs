//! The K filter of ITU-R BS.1770: what the head and the ear's lack of bass do to a sound.

use std::f64::consts::PI;

/// The filters of `N` channels, side by side: each waits for its own last output, so that two cost
/// little more than one. In f64, since the high pass at 38 Hz loses 1e-5 of it in f32.
pub struct KFilter<const N: usize> {
    shelf: Biquad<N>,
    high_pass: Biquad<N>,
}

impl<const N: usize> KFilter<N> {
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
        let shelf = Biquad::new(
            [
                (high + band * k / q + k * k) / a0,
                2.0 * (k * k - high) / a0,
                (high - band * k / q + k * k) / a0,
            ],
            [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
        );

        let k = (PI * 38.135_470_876_024_44 / rate).tan();
        let q = 0.500_327_037_323_877_3;
        let a0 = 1.0 + k / q + k * k;
        let high_pass = Biquad::new(
            [1.0, -2.0, 1.0],
            [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
        );
        Self { shelf, high_pass }
    }

    /// Sums of squares of every channel's filtered samples; the filters go on from where they were.
    pub fn energies(&mut self, channels: [&[f32]; N]) -> [f64; N] {
        let mut energies = [0.0; N];
        let length = channels
            .iter()
            .map(|channel| channel.len())
            .min()
            .unwrap_or(0);
        let channels = channels.map(|channel| &channel[..length]);
        for n in 0..length {
            let samples = channels.map(|channel| f64::from(channel[n]));
            let filtered = self.high_pass.next(self.shelf.next(samples));
            for (energy, filtered) in energies.iter_mut().zip(filtered) {
                *energy += filtered * filtered;
            }
        }
        self.shelf.settle();
        self.high_pass.settle();
        energies
    }
}

/// Two poles and two zeros, in transposed direct form II. What the output gives back to the state is
/// written with the state it came of, so that a sample waits for one product and one sum of the last.
struct Biquad<const N: usize> {
    b: [f64; 3],
    a: [f64; 2],
    /// `b[1] - a[0] · b[0]` and `b[2] - a[1] · b[0]`.
    fed: [f64; 2],
    state: [[f64; N]; 2],
}

impl<const N: usize> Biquad<N> {
    fn new(b: [f64; 3], a: [f64; 2]) -> Self {
        Self {
            b,
            a,
            fed: [b[1] - a[0] * b[0], b[2] - a[1] * b[0]],
            state: [[0.0; N]; 2],
        }
    }

    #[inline]
    fn next(&mut self, x: [f64; N]) -> [f64; N] {
        let mut y = [0.0; N];
        for lane in 0..N {
            let [first, second] = self.state.map(|state| state[lane]);
            y[lane] = self.b[0] * x[lane] + first;
            self.state[0][lane] = (self.fed[0] * x[lane] + second) - self.a[0] * first;
            self.state[1][lane] = self.fed[1] * x[lane] - self.a[1] * first;
        }
        y
    }

    /// In silence the state fades into denormal numbers, which processors are slow with.
    fn settle(&mut self) {
        for state in self.state.as_flattened_mut() {
            if state.abs() < 1e-30 {
                *state = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_at_48_khz_are_the_tabulated_ones() {
        let filter = KFilter::<1>::new(48_000);
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
        for (biquad, b, a) in tables {
            for (actual, expected) in biquad.b.iter().chain(&biquad.a).zip(b.iter().chain(&a)) {
                assert!(
                    (actual - expected).abs() < 1e-8,
                    "{actual}, expected {expected}"
                );
            }
        }
    }
}
