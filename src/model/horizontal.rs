//! Filters along time, of which in every frame the band counts that answers most.
//!
//! A correlation of `2n` taps is three of `n` at half the rate: with even samples `a`, odd ones `b` and
//! the even ones `c` after those, `y₀ = (v + w)·b + v·(a − b)` and `y₁ = (v + w)·b + w·(c − b)`, `v` and
//! `w` being the even and odd taps (Mou & Duhamel, "Short-length FIR filters and their use in fast
//! nonrecursive filtering", 1991). Three times over this leaves 27 products of 64.

use crate::lanes::{LANES, Lanes};

/// A filter is halved at most so often, and not to fewer taps than these, where putting the answers
/// together would cost more than is saved.
const MOST_HALVINGS: u32 = 3;
const FEWEST_TAPS: usize = 8;

/// Bands that are filtered together.
pub const BANDS: usize = 2 * LANES;
type Frame = [f32; BANDS];
/// Frames whose sums are kept in registers.
const TILE: usize = 6;

/// Filters of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeFilters {
    /// `[filters, 3^halvings, taps]`
    parts: Vec<f32>,
    /// Of a part.
    taps: usize,
    halvings: u32,
    /// Frames of the filter before the one it answers at.
    before: usize,
}

impl TimeFilters {
    /// `filters` are `taps` values each.
    pub fn new(filters: &[f32], taps: usize, before: usize) -> Self {
        let mut parts = filters.to_vec();
        let (mut taps, mut halvings) = (taps, 0);
        while halvings < MOST_HALVINGS && taps % 2 == 0 && taps / 2 >= FEWEST_TAPS {
            let mut halved = Vec::with_capacity(parts.len() / 2 * 3);
            for filter in parts.chunks_exact(taps) {
                halved.extend(filter.chunks_exact(2).map(|pair| pair[0] + pair[1]));
                halved.extend(filter.iter().step_by(2));
                halved.extend(filter.iter().skip(1).step_by(2));
            }
            parts = halved;
            taps /= 2;
            halvings += 1;
        }
        Self {
            parts,
            taps,
            halvings,
            before,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.parts.len() / self.width()
    }

    /// Taps of all parts of a filter together.
    fn width(&self) -> usize {
        3_usize.pow(self.halvings) * self.taps
    }

    /// `image` is `[bands, frames]`, a multiple of [`BANDS`] of them; `[filters, answers]`.
    pub fn greatest(&self, image: &[f32], frames: usize, answers: usize) -> Vec<f32> {
        let steps = answers.div_ceil(1 << self.halvings).next_multiple_of(TILE);
        let length = steps << self.halvings;
        let mut greatest = vec![[f32::MIN; BANDS]; self.count() * length];
        let mut parts = Parts::new(steps, self.taps, self.halvings);
        let mut work = Answers::new(steps, self.halvings);
        for bands in image.chunks_exact(BANDS * frames) {
            parts.fill(bands, frames, self.before);
            let filters = self.parts.chunks_exact(self.width());
            for (filter, greatest) in filters.zip(greatest.chunks_exact_mut(length)) {
                work.raise(greatest, filter, self.taps, &parts);
            }
        }
        let mut result = Vec::with_capacity(self.count() * answers);
        for filter in greatest.chunks_exact(length) {
            result.extend(filter[..answers].iter().map(highest));
        }
        result
    }
}

/// A signal of some bands, split as often as the filters.
struct Parts {
    /// Of each stage, beginning with the whole.
    stages: Vec<Vec<Frame>>,
    /// Frames of one part of each stage.
    lengths: Vec<usize>,
}

impl Parts {
    fn new(steps: usize, taps: usize, halvings: u32) -> Self {
        let mut lengths = vec![steps + taps - 1];
        for stage in 0..halvings as usize {
            lengths.push(2 * lengths[stage] + 1);
        }
        lengths.reverse();
        let stages = lengths
            .iter()
            .zip(0..)
            .map(|(length, stage)| vec![[0.0; BANDS]; length * 3_usize.pow(stage)])
            .collect();
        Self { stages, lengths }
    }

    fn fill(&mut self, bands: &[f32], frames: usize, before: usize) {
        let whole = &mut self.stages[0];
        let known = whole.iter_mut().skip(before).take(frames);
        for (index, frame) in known.enumerate() {
            *frame = std::array::from_fn(|band| bands[band * frames + index]);
        }
        for stage in 1..self.stages.len() {
            let (done, rest) = self.stages.split_at_mut(stage);
            let length = self.lengths[stage];
            let whole = done[stage - 1].chunks_exact(self.lengths[stage - 1]);
            for (whole, parts) in whole.zip(rest[0].chunks_exact_mut(3 * length)) {
                split(whole, parts, length);
            }
        }
    }
}

fn split(whole: &[Frame], parts: &mut [Frame], length: usize) {
    let (odd, rest) = parts.split_at_mut(length);
    let (falling, rising) = rest.split_at_mut(length);
    for at in 0..length {
        let [a, b, c] = [whole[2 * at], whole[2 * at + 1], whole[2 * at + 2]];
        odd[at] = b;
        falling[at] = std::array::from_fn(|band| a[band] - b[band]);
        rising[at] = std::array::from_fn(|band| c[band] - b[band]);
    }
}

/// What one filter answers in some bands, put together stage by stage.
struct Answers(Vec<Vec<Frame>>);

impl Answers {
    fn new(steps: usize, halvings: u32) -> Self {
        let stage =
            |stage: u32| vec![[0.0; BANDS]; 3_usize.pow(halvings - stage) * (steps << stage)];
        Self((0..=halvings).map(stage).collect())
    }

    /// Raises `greatest` to the answers above it.
    fn raise(&mut self, greatest: &mut [Frame], filter: &[f32], taps: usize, parts: &Parts) {
        let last = self.0.len() - 1;
        let steps = greatest.len() >> last;
        let signals = parts.stages[last].chunks_exact(parts.lengths[last]);
        for ((taps, signal), answers) in filter
            .chunks_exact(taps)
            .zip(signals)
            .zip(self.0[0].chunks_exact_mut(steps))
        {
            correlate(signal, taps, answers);
        }
        let mut length = steps;
        for stage in 1..=last {
            let (done, rest) = self.0.split_at_mut(stage);
            let parts = done[stage - 1].chunks_exact(3 * length);
            for (parts, whole) in parts.zip(rest[0].chunks_exact_mut(2 * length)) {
                for (at, pair) in whole.chunks_exact_mut(2).enumerate() {
                    let [even, odd] = joined(parts, length, at);
                    even.store(&mut pair[0]);
                    odd.store(&mut pair[1]);
                }
            }
            length *= 2;
        }
        for (greatest, answer) in greatest.iter_mut().zip(&self.0[last]) {
            Pair::load(greatest).max(Pair::load(answer)).store(greatest);
        }
    }
}

#[inline(always)]
fn joined(parts: &[Frame], length: usize, at: usize) -> [Pair; 2] {
    let both = Pair::load(&parts[at]);
    [
        both.plus(Pair::load(&parts[length + at])),
        both.plus(Pair::load(&parts[2 * length + at])),
    ]
}

fn correlate(signal: &[Frame], taps: &[f32], answers: &mut [Frame]) {
    for (tile, answers) in answers.chunks_exact_mut(TILE).enumerate() {
        let mut sums = [Pair::ZERO; TILE];
        for (tap, &weight) in taps.iter().enumerate() {
            let weight = Lanes::splat(weight);
            let frames = &signal[TILE * tile + tap..][..TILE];
            for (sum, frame) in sums.iter_mut().zip(frames) {
                *sum = sum.mul_add(weight, Pair::load(frame));
            }
        }
        for (answer, sum) in answers.iter_mut().zip(sums) {
            sum.store(answer);
        }
    }
}

/// By halves, which compilers turn into vector instructions.
#[inline(always)]
fn highest(frame: &Frame) -> f32 {
    let [a, b, c, d] = Lanes::load(frame)
        .max(Lanes::load(&frame[LANES..]))
        .to_array();
    let (a, b) = (if a < b { b } else { a }, if c < d { d } else { c });
    if a < b { b } else { a }
}

/// A frame in registers.
#[derive(Clone, Copy)]
struct Pair(Lanes, Lanes);

impl Pair {
    const ZERO: Self = Self(Lanes::ZERO, Lanes::ZERO);

    #[inline(always)]
    fn load(frame: &Frame) -> Self {
        Self(Lanes::load(frame), Lanes::load(&frame[LANES..]))
    }

    #[inline(always)]
    fn store(self, frame: &mut Frame) {
        self.0.store(frame);
        self.1.store(&mut frame[LANES..]);
    }

    #[inline(always)]
    fn mul_add(self, weight: Lanes, frame: Self) -> Self {
        Self(
            self.0.mul_add(weight, frame.0),
            self.1.mul_add(weight, frame.1),
        )
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0), self.1.max(other.1))
    }
}
