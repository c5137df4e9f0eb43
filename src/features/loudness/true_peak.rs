//! The highest peak between the samples, after ITU-R BS.1770-4, annex 2: the signal is oversampled
//! to 176.4 kHz or more, and the highest of its samples is taken.

use std::f64::consts::PI;
use std::ops::Range;

use crate::lanes::{LANES, Lanes, loudest};
use crate::window::kaiser;

/// Samples on either side of which a point between two samples is a sum, and the shape of the Kaiser
/// window on them: together within 0.03 dB to 0.4 of the sample rate. (The standard's own example
/// has 12 samples.)
const TAPS: usize = 16;
const BETA: f64 = 5.0;

/// Samples that are examined, or passed over, together.
const BLOCK: usize = 16;

/// Samples on either side of a point between two of them.
const REACH: usize = TAPS / 2;

/// Weights of the samples around points between two samples, two points at a time: those as far
/// before the middle as after it. Their weights mirror each other, so the sums and the differences
/// of samples as far from the middle give both points at once.
struct Points {
    pairs: Vec<Pair>,
    /// No point is higher than the highest sample it is made of, times this.
    bound: f32,
}

/// Weights by distance from the middle, nearest first; the middle itself has no `odd` ones.
struct Pair {
    even: [f32; REACH],
    odd: Option<[f32; REACH]>,
}

impl Points {
    fn new(sample_rate_hz: u32) -> Self {
        // As the standard: four times at 48 kHz, twice at 96 kHz, not at all at 192 kHz.
        let factor = match sample_rate_hz {
            0..80_000 => 4,
            80_000..160_000 => 2,
            _ => 1,
        };
        let points: Vec<[f32; TAPS]> = (1..=factor / 2)
            .map(|step| point(f64::from(step) / f64::from(factor)))
            .collect();
        let bound = points
            .iter()
            .map(|taps| taps.iter().map(|tap| tap.abs()).sum())
            .fold(1.0, f32::max);
        let pairs = points.iter().map(Pair::new).collect();
        Self { pairs, bound }
    }
}

impl Pair {
    /// Of the point with these weights and of its mirror image.
    fn new(taps: &[f32; TAPS]) -> Self {
        let before = |distance: usize| taps[REACH - 1 - distance];
        let after = |distance: usize| taps[REACH + distance];
        let odd: [f32; REACH] =
            std::array::from_fn(|distance| 0.5 * (before(distance) - after(distance)));
        Self {
            even: std::array::from_fn(|distance| 0.5 * (before(distance) + after(distance))),
            // Rounding of f64 through a sine leaves less than this in the middle.
            odd: odd.iter().any(|weight| weight.abs() > 1e-6).then_some(odd),
        }
    }
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
    /// Of every channel what has still to be examined, behind one block that has been.
    channels: Vec<Vec<f32>>,
    /// Blocks at the beginning of each that have been examined.
    examined: usize,
    peak: f32,
}

impl TruePeak {
    pub fn new(channels: usize, sample_rate_hz: u32) -> Self {
        Self {
            points: Points::new(sample_rate_hz),
            channels: vec![Vec::new(); channels],
            examined: 0,
            peak: 0.0,
        }
    }

    /// Takes the next samples of every channel.
    pub fn push(&mut self, channels: &[&[f32]]) {
        for (pending, samples) in self.channels.iter_mut().zip(channels) {
            pending.extend_from_slice(samples);
        }
        // The last whole block waits for the samples that follow it.
        let whole = self.channels[0].len() / BLOCK;
        if whole < 2 {
            return;
        }
        self.examine(whole - 1);
        for pending in &mut self.channels {
            pending.drain(..(whole - 2) * BLOCK);
        }
        self.examined = 1;
    }

    /// Linear, of full scale 1; but for the last samples.
    pub fn so_far(&self) -> f32 {
        self.peak
    }

    pub fn finish(mut self) -> f32 {
        self.examine(self.channels[0].len().div_ceil(BLOCK));
        self.peak
    }

    fn examine(&mut self, end: usize) {
        for channel in &self.channels {
            let blocks = self.examined.min(end)..end;
            self.peak = peak_of(channel, blocks, &self.points, self.peak);
        }
    }
}

/// The higher of `peak` and that of the `blocks` of a channel.
fn peak_of(channel: &[f32], blocks: Range<usize>, points: &Points, peak: f32) -> f32 {
    const BEFORE: usize = TAPS / 2 - 1;

    let highest: Vec<f32> = channel.chunks(BLOCK).map(loudest).collect();
    let mut peak = highest.iter().copied().fold(peak, f32::max);
    // The points after each of BLOCK samples, with the samples around them.
    let mut around = [0.0_f32; BLOCK + TAPS - 1];
    for block in blocks {
        // Most of a song is too low to matter: it need not be computed to be sure of that.
        let neighbours = &highest[block.saturating_sub(1)..(block + 2).min(highest.len())];
        if neighbours
            .iter()
            .all(|highest| highest * points.bound <= peak)
        {
            continue;
        }
        let start = block * BLOCK;
        let first = start.saturating_sub(BEFORE);
        let end = (start + BLOCK + TAPS / 2).min(channel.len());
        let offset = first + BEFORE - start;
        around.fill(0.0);
        around[offset..offset + end - first].copy_from_slice(&channel[first..end]);
        peak = peak.max(highest_between(&around, points));
    }
    peak
}

/// The highest point after each of the BLOCK samples from the `TAPS / 2`th of `around` on.
fn highest_between(around: &[f32; BLOCK + TAPS - 1], points: &Points) -> f32 {
    let mut highest = Lanes::ZERO;
    for first in (0..BLOCK).step_by(LANES) {
        let around = &around[first..][..LANES + TAPS - 1];
        for pair in &points.pairs {
            let (mut even, mut odd) = (Lanes::ZERO, Lanes::ZERO);
            for distance in 0..REACH {
                let before = Lanes::load(&around[REACH - 1 - distance..]);
                let after = Lanes::load(&around[REACH + distance..]);
                even = even.mul_add(Lanes::splat(pair.even[distance]), before + after);
                if let Some(weights) = &pair.odd {
                    odd = odd.mul_add(Lanes::splat(weights[distance]), before - after);
                }
            }
            // Of both points the higher is the sum of the sizes.
            highest = highest.max(even.abs() + odd.abs());
        }
    }
    highest.to_array().into_iter().fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
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
