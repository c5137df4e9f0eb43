//! The highest peak between the samples, after ITU-R BS.1770-4, annex 2: the signal is oversampled
//! to 176.4 kHz or more, and the highest of its samples is taken.

use std::f64::consts::PI;

use crate::lanes::{LANES, Lanes, loudest, loudest_of_sixteens};
use crate::window::kaiser;

/// Samples around a point between the middle two of them, of which it is a sum, and the shape of the
/// Kaiser window on them: together within 0.03 dB to 0.4 of the sample rate. (The standard's own example
/// has 12 samples.)
const TAPS: usize = 16;
const BETA: f64 = 5.0;

/// Samples on either side of a point between two of them.
const REACH: usize = TAPS / 2;

/// Points that are examined, or passed over, together, and the samples that they are made of.
const BLOCK: usize = 16;
const SPAN: usize = BLOCK + TAPS - 1;

/// Weights of the samples around points between two samples, by their distance from the middle.
struct Points {
    /// Half-way.
    middle: Option<[f32; REACH]>,
    quarters: Option<Quarters>,
    /// No point is higher than the highest sample it is made of, times this.
    bound: f32,
}

/// A quarter before and after the middle: weights that mirror each other, so that the sums and the
/// differences of samples as far from the middle give both points at once.
struct Quarters {
    even: [f32; REACH],
    odd: [f32; REACH],
    /// No such point is higher than half the middle, and the highest sample times this.
    bound: f32,
}

impl Points {
    fn new(sample_rate_hz: u32) -> Self {
        // As the standard: four times at 48 kHz, twice at 96 kHz, not at all at 192 kHz.
        let middle = (sample_rate_hz < 160_000).then(|| point(0.5));
        let quarter = (sample_rate_hz < 80_000).then(|| point(0.25));
        let bound = |weights: &[f32; TAPS]| weights.iter().map(|weight| weight.abs()).sum::<f32>();
        let bounds = middle.iter().chain(&quarter).map(bound);
        Self {
            bound: bounds.fold(1.0, f32::max),
            quarters: quarter.zip(middle).map(|(quarter, middle)| Quarters {
                even: mirrored(&quarter, |before, after| before + after),
                odd: mirrored(&quarter, |before, after| before - after),
                bound: bound(&std::array::from_fn(|tap| quarter[tap] - 0.5 * middle[tap])),
            }),
            middle: middle.map(|weights| mirrored(&weights, |before, after| before + after)),
        }
    }
}

/// Half of what `join` makes of the two weights at every distance from the middle.
fn mirrored(weights: &[f32; TAPS], join: impl Fn(f32, f32) -> f32) -> [f32; REACH] {
    std::array::from_fn(|distance| {
        0.5 * join(weights[REACH - 1 - distance], weights[REACH + distance])
    })
}

/// Weights of the samples from `1 - TAPS / 2` to `TAPS / 2` for the point at `position` of 0 to 1.
fn point(position: f64) -> [f32; TAPS] {
    let half = TAPS as f64 / 2.0;
    let taps: [f64; TAPS] = std::array::from_fn(|tap| {
        let time = tap as f64 - (half - 1.0) - position;
        let window = kaiser(time / half, BETA);
        window * (PI * time).sin() / (PI * time)
    });
    // A constant stays what it is.
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| (tap / sum) as f32)
}

/// The highest peak of all channels as they come in.
pub struct TruePeak {
    points: Points,
    /// Of every channel the last samples, among which no point has been examined; silence at first.
    ends: Vec<Vec<f32>>,
    peak: f32,
}

impl TruePeak {
    pub fn new(channels: usize, sample_rate_hz: u32) -> Self {
        Self {
            points: Points::new(sample_rate_hz),
            ends: vec![vec![0.0; TAPS - 1]; channels],
            peak: 0.0,
        }
    }

    /// Takes the next samples of every channel.
    pub fn push(&mut self, channels: &[&[f32]]) {
        for (end, samples) in self.ends.iter_mut().zip(channels) {
            // What lies on both sides of the join, then what lies on this side of it.
            end.extend_from_slice(&samples[..SPAN.min(samples.len())]);
            self.peak = peak_of(end, &self.points, self.peak);
            self.peak = peak_of(samples, &self.points, self.peak);
            let last = if samples.len() < SPAN {
                &end[..]
            } else {
                samples
            };
            let kept = match last.len() {
                ..SPAN => 0,
                length => length + 1 - TAPS,
            };
            *end = last[kept..].to_vec();
        }
    }

    /// Linear, of full scale 1; but for the last samples.
    pub fn so_far(&self) -> f32 {
        self.peak
    }

    /// Silence follows.
    pub fn finish(mut self) -> f32 {
        let silence = [0.0; SPAN];
        let channels = self.ends.len();
        self.push(&vec![&silence[..]; channels]);
        self.peak
    }
}

/// The higher of `peak` and that of all points among `samples`; of fewer than [`SPAN`], none.
fn peak_of(samples: &[f32], points: &Points, peak: f32) -> f32 {
    if samples.len() < SPAN {
        return peak;
    }
    let highest = loudest_of_sixteens(samples);
    let mut peak = peak.max(loudest(&highest));
    let mut next = 0;
    for (loud, highest) in highest.into_iter().enumerate() {
        // Most of a song is too low to matter: it need not be computed to be sure of that.
        if highest * points.bound <= peak {
            continue;
        }
        // Its samples count for the points of the block before too.
        for block in loud.saturating_sub(1).max(next)..=loud {
            // The last block begins early enough to be whole.
            let start = (block * BLOCK).min(samples.len() - SPAN);
            peak = peak_between(&samples[start..start + SPAN], points, peak);
        }
        next = loud + 1;
    }
    peak
}

/// The higher of `peak`, which no sample exceeds, and that of [`BLOCK`] points among [`SPAN`] samples.
fn peak_between(samples: &[f32], points: &Points, peak: f32) -> f32 {
    let samples = &samples[..SPAN];
    // Samples as far before the middle, and after it.
    let pair = |first: usize, distance: usize| {
        let before = Lanes::load(&samples[first + REACH - 1 - distance..]);
        let after = Lanes::load(&samples[first + REACH + distance..]);
        (before, after)
    };
    let Some(middle) = &points.middle else {
        return peak;
    };
    let mut highest = Lanes::ZERO;
    for first in (0..BLOCK).step_by(LANES) {
        let mut sum = Lanes::ZERO;
        for (distance, &weight) in middle.iter().enumerate() {
            let (before, after) = pair(first, distance);
            sum = sum.mul_add(Lanes::splat(weight), before + after);
        }
        highest = highest.max(sum.abs());
    }
    let middle = highest_of(highest);
    let Some(quarters) = &points.quarters else {
        return peak.max(middle);
    };
    if 0.5 * middle + quarters.bound * loudest(samples) <= peak {
        return peak.max(middle);
    }
    for first in (0..BLOCK).step_by(LANES) {
        let (mut even, mut odd) = (Lanes::ZERO, Lanes::ZERO);
        for distance in 0..REACH {
            let (before, after) = pair(first, distance);
            even = even.mul_add(Lanes::splat(quarters.even[distance]), before + after);
            odd = odd.mul_add(Lanes::splat(quarters.odd[distance]), before - after);
        }
        // Of both points the higher is the sum of the sizes.
        highest = highest.max(even.abs() + odd.abs());
    }
    peak.max(highest_of(highest))
}

fn highest_of(lanes: Lanes) -> f32 {
    lanes.to_array().into_iter().fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn passing_over_low_blocks_changes_no_peak() {
        // Noise whose level wanders, so that some blocks are passed over and some are not.
        let mut state = 7_u32;
        let signal: Vec<f32> = (0..20_000)
            .map(|n| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state as f32 / u32::MAX as f32 - 0.5) * (1.0 + (n as f32 / 900.0).sin())
            })
            .collect();
        for rate in [44_100, 96_000, 192_000] {
            let factor = if rate < 80_000 {
                4
            } else if rate < 160_000 {
                2
            } else {
                1
            };
            let sample = |at: isize| usize::try_from(at).ok().and_then(|at| signal.get(at));
            let mut expected = signal.iter().fold(0.0_f32, |p, x| p.max(x.abs()));
            for at in 0..signal.len() as isize {
                for step in 1..factor {
                    let taps = point(f64::from(step) / f64::from(factor));
                    let sum = (0_isize..).zip(&taps).fold(0.0, |sum: f32, (tap, weight)| {
                        sum + weight * sample(at + tap - 7).copied().unwrap_or(0.0)
                    });
                    expected = expected.max(sum.abs());
                }
            }
            let mut true_peak = TruePeak::new(1, rate);
            signal
                .chunks(3_001)
                .for_each(|piece| true_peak.push(&[piece]));
            let actual = true_peak.finish();
            // Sums of sixteen terms, possibly fused.
            assert!(
                (actual - expected).abs() < 1e-6,
                "{actual}, expected {expected}"
            );
        }
    }
}
