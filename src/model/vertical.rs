//! Filters over bands and time, applied to the spectra of frames along their bands, of which in every
//! frame the place counts that answers most.

use crate::lanes::{LANES, Lanes};

/// Frames that are filtered together.
const VECTORS: usize = 6;
const FRAMES: usize = VECTORS * LANES;
type Tile = [f32; FRAMES];

/// The filters' own spectra and the way back. All kernels are `[bins, filters, 2, taps]`, the two being
/// the real and the imaginary part of the frames' spectra.
pub struct VerticalFilters<'a> {
    pub bins: usize,
    pub taps: usize,
    /// What gives the parts of the answers that are even and odd about the middle.
    pub even: &'a [f32],
    pub odd: &'a [f32],
    /// `[places, bins]`: the places at and above the middle.
    pub even_inverse: &'a [f32],
    pub odd_inverse: &'a [f32],
}

impl VerticalFilters<'_> {
    /// `spectra` is `[2 · bins, frames]`; `[filters, frames]`.
    pub fn greatest(&self, spectra: &[f32], frames: usize) -> Vec<f32> {
        let kernel = 2 * self.taps;
        let filters = self.even.len() / kernel / self.bins;
        let tiles = frames.div_ceil(FRAMES);
        let spectra = padded(
            spectra,
            frames,
            self.taps / 2,
            tiles * FRAMES + self.taps - 1,
        );
        let length = spectra.len() / (2 * self.bins);
        let mut answers = vec![[[0.0; FRAMES]; 2]; self.bins];
        let mut greatest = vec![0.0; filters * frames];
        for tile in 0..tiles {
            for (filter, greatest) in greatest.chunks_exact_mut(frames).enumerate() {
                for (bin, answers) in answers.iter_mut().enumerate() {
                    let at = (bin * filters + filter) * kernel;
                    let rows = &spectra[2 * bin * length..][..2 * length];
                    *answers = filtered(
                        rows,
                        tile * FRAMES,
                        &self.even[at..at + kernel],
                        &self.odd[at..at + kernel],
                    );
                }
                let highest = self.highest(&answers);
                let first = tile * FRAMES;
                let count = FRAMES.min(frames - first);
                greatest[first..first + count].copy_from_slice(&highest[..count]);
            }
        }
        greatest
    }

    fn highest(&self, answers: &[[Tile; 2]]) -> Tile {
        let mut highest = [Lanes::splat(f32::MIN); VECTORS];
        let evens = self.even_inverse.chunks_exact(self.bins);
        for (evens, odds) in evens.zip(self.odd_inverse.chunks_exact(self.bins)) {
            let mut even = [Lanes::ZERO; VECTORS];
            let mut odd = [Lanes::ZERO; VECTORS];
            for ((answer, &even_weight), &odd_weight) in answers.iter().zip(evens).zip(odds) {
                add(&mut even, even_weight, &answer[0]);
                add(&mut odd, odd_weight, &answer[1]);
            }
            // Of two places as far from the middle the higher is the sum of the sizes.
            for ((highest, even), odd) in highest.iter_mut().zip(even).zip(odd) {
                *highest = highest.max(even + odd.abs());
            }
        }
        stored(highest)
    }
}

#[inline(always)]
fn filtered(rows: &[f32], first: usize, even: &[f32], odd: &[f32]) -> [Tile; 2] {
    let mut sums = [[Lanes::ZERO; VECTORS]; 2];
    let (length, taps) = (rows.len() / 2, even.len() / 2);
    for (row, (even, odd)) in rows
        .chunks_exact(length)
        .zip(even.chunks_exact(taps).zip(odd.chunks_exact(taps)))
    {
        for (tap, (&even, &odd)) in even.iter().zip(odd).enumerate() {
            let frames = &row[first + tap..][..FRAMES];
            add(&mut sums[0], even, frames);
            add(&mut sums[1], odd, frames);
        }
    }
    sums.map(stored)
}

#[inline(always)]
fn add(sums: &mut [Lanes; VECTORS], weight: f32, values: &[f32]) {
    let weight = Lanes::splat(weight);
    let values = &values[..FRAMES];
    for vector in 0..VECTORS {
        let values = Lanes::load(&values[vector * LANES..]);
        sums[vector] = sums[vector].mul_add(weight, values);
    }
}

#[inline(always)]
fn stored(lanes: [Lanes; VECTORS]) -> Tile {
    let mut values = [0.0; FRAMES];
    for vector in 0..VECTORS {
        lanes[vector].store(&mut values[vector * LANES..]);
    }
    values
}

/// Rows of `frames` values as rows of `length`, `before` zeros ahead of each and the rest behind.
pub fn padded(rows: &[f32], frames: usize, before: usize, length: usize) -> Vec<f32> {
    let mut padded = vec![0.0; rows.len() / frames * length];
    for (padded, row) in padded
        .chunks_exact_mut(length)
        .zip(rows.chunks_exact(frames))
    {
        padded[before..before + frames].copy_from_slice(row);
    }
    padded
}
