//! Loudness after EBU R128: ITU-R BS.1770-4 with the gates and windows of EBU Tech 3341 and 3342.

mod true_peak;
mod weighting;

use serde::{Deserialize, Serialize};

use crate::clip::Clip;
use crate::features::Feature;
use crate::intake::Second;
use true_peak::TruePeak;
use weighting::KFilter;

/// The absolute gate of BS.1770: blocks below it do not count, so nothing quieter has an integrated
/// loudness. Such a clip is given this value instead of minus infinity, which JSON cannot hold.
pub const QUIETEST_LUFS: f32 = -70.0;

/// Spotify's `loudness` minus integrated loudness, for the same song.
///
/// No public set pairs the two, and the published clips with Spotify's value were level-shifted, so
/// this ties two averages: dance charts measure -8.4 LUFS (arytmo.com, "Should you master to
/// -14 LUFS?"), and the 4,500 dance and EDM tracks among the public tables that the models are
/// trained on average -5.6 dB. A decibel of gain is a decibel on both scales. Approximate: it may
/// be off by 1.5 dB for a song whose spectrum or dynamics are far from that music's.
const SPOTIFY_OFFSET_DB: f32 = 2.8;

/// A mono file plays from both loudspeakers, which BS.1770 would count twice: 10 log10(2).
const DUAL_MONO_LU: f32 = 3.0103;

/// Blocks of 100 ms in a momentary (400 ms) and in a short-term value (3 s) (EBU Tech 3341).
const MOMENTARY_BLOCKS: usize = 4;
const SHORT_TERM_BLOCKS: usize = 30;
const BLOCKS_PER_SECOND: usize = 10;

/// A mono clip counts as one loudspeaker, as BS.1770 has it and `ffmpeg -af ebur128` does by
/// default; with 6 channels and more the fourth is the LFE, which does not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Loudness {
    /// Of the whole clip, gated; at least [`QUIETEST_LUFS`].
    pub integrated_lufs: f32,
    /// The loudest 3 s; at least [`QUIETEST_LUFS`].
    pub short_term_max_lufs: f32,
    /// Between the quiet and the loud passages (EBU Tech 3342).
    pub range_lu: f32,
    /// Highest peak between the samples, of any channel.
    pub true_peak_dbtp: f32,
    /// On the scale of Spotify's `loudness` feature, -60 to 5; approximate. The same for a mono file
    /// and its two-channel copy, since Spotify measures what is played.
    pub spotify_db: f32,
}

/// Mean square of every whole 100 ms after the K filter, summed over channels with their weights.
#[derive(Clone)]
pub struct Blocks(Vec<f64>);

impl Blocks {
    /// Those of some of the song's seconds, as far as it has them.
    pub fn of_seconds(&self, seconds: std::ops::Range<usize>) -> Self {
        let block = |second: usize| (second * BLOCKS_PER_SECOND).min(self.0.len());
        Self(self.0[block(seconds.start)..block(seconds.end)].to_vec())
    }

    /// The loudness of the three seconds around each of `seconds`, of what there is of them at the
    /// ends; at least [`QUIETEST_LUFS`].
    pub fn short_term_by_second(&self, seconds: usize) -> Vec<f32> {
        (0..seconds)
            .map(|second| {
                let middle = BLOCKS_PER_SECOND * second + BLOCKS_PER_SECOND / 2;
                let first = middle
                    .saturating_sub(SHORT_TERM_BLOCKS / 2)
                    .min(self.0.len());
                let end = (middle + SHORT_TERM_BLOCKS / 2).min(self.0.len());
                (loudness(mean(&self.0[first..end])) as f32).max(QUIETEST_LUFS)
            })
            .collect()
    }
}

/// Of a whole clip.
pub fn measure(clip: &Clip) -> (Loudness, Blocks) {
    let mut meter = Meter::new(clip.channels().len(), clip.sample_rate_hz());
    for second in clip.seconds() {
        meter.push(&second);
    }
    meter.finish()
}

/// Measures a song as it comes in.
pub struct Meter {
    sample_rate_hz: u32,
    channels: usize,
    /// Of two channels each.
    filters: Vec<KFilter>,
    blocks: Vec<f64>,
    true_peak: TruePeak,
}

impl Meter {
    pub fn new(channels: usize, sample_rate_hz: u32) -> Self {
        Self {
            sample_rate_hz,
            channels,
            filters: (0..channels.div_ceil(2))
                .map(|_| KFilter::new(sample_rate_hz))
                .collect(),
            blocks: Vec::new(),
            true_peak: TruePeak::new(channels, sample_rate_hz),
        }
    }

    /// Takes the song's next second; no other may follow one that is not whole.
    pub fn push(&mut self, second: &Second) {
        self.true_peak.push(second);
        let rate = self.sample_rate_hz as usize;
        // A tenth of 11 025 Hz is not whole: blocks differ by a sample rather than drift.
        let tenth = |block: usize| block * rate / BLOCKS_PER_SECOND;
        let whole = (1..=BLOCKS_PER_SECOND).filter(|&block| tenth(block) <= second[0].len());
        for block in whole {
            let (start, end) = (tenth(block - 1), tenth(block));
            let mut energy = 0.0;
            for (pair, filter) in self.filters.iter_mut().enumerate() {
                // Where there is no second, the first is filtered twice, and counted once.
                let indices = [2 * pair, (2 * pair + 1).min(self.channels - 1)];
                let sums = filter.energies(indices.map(|index| &second[index][start..end]));
                for (index, sum) in (2 * pair..self.channels).zip(sums) {
                    energy += channel_weight(index, self.channels) * sum / (end - start) as f64;
                }
            }
            self.blocks.push(energy);
        }
    }

    /// Of what has come so far.
    pub fn so_far(&self) -> (Loudness, Blocks) {
        let loudness = of_blocks(&self.blocks, self.true_peak.so_far(), self.channels == 1);
        (loudness, Blocks(self.blocks.clone()))
    }

    pub fn finish(self) -> (Loudness, Blocks) {
        let mono = self.channels == 1;
        let loudness = of_blocks(&self.blocks, self.true_peak.finish(), mono);
        (loudness, Blocks(self.blocks))
    }
}

fn of_blocks(blocks: &[f64], true_peak: f32, mono: bool) -> Loudness {
    let momentary = sliding_means(blocks, MOMENTARY_BLOCKS);
    let short_term = sliding_means(blocks, SHORT_TERM_BLOCKS);
    let integrated_lufs = (integrated(&momentary) as f32).max(QUIETEST_LUFS);
    let short_term_max = short_term.iter().copied().fold(0.0, f64::max);
    let played_lufs = integrated_lufs + if mono { DUAL_MONO_LU } else { 0.0 };
    let (least_db, most_db) = Feature::Loudness.range();
    Loudness {
        integrated_lufs,
        short_term_max_lufs: (loudness(short_term_max) as f32).max(QUIETEST_LUFS),
        range_lu: range(&short_term) as f32,
        // A song that is answered is never silent, so the logarithm is finite.
        true_peak_dbtp: 20.0 * true_peak.log10(),
        spotify_db: (played_lufs + SPOTIFY_OFFSET_DB).clamp(least_db, most_db),
    }
}

/// BS.1770-4, table 3, for the channel orders of WAVE and of Web Audio: 1.41 (1.5 dB) for what comes
/// from the sides and the back, nothing for the LFE.
fn channel_weight(index: usize, channels: usize) -> f64 {
    match (channels, index) {
        (4, 2..) | (5, 3..) | (6.., 4..) => 1.41,
        (6.., 3) => 0.0,
        _ => 1.0,
    }
}

/// The mean of every run of `length` blocks, or of all where there are fewer.
fn sliding_means(blocks: &[f64], length: usize) -> Vec<f64> {
    let length = length.min(blocks.len()).max(1);
    blocks
        .windows(length)
        .map(|window| window.iter().sum::<f64>() / length as f64)
        .collect()
}

/// BS.1770-4, formulas (5) to (7): what is below -70 LUFS is left out, then what is 10 LU below the
/// mean of the rest.
fn integrated(momentary: &[f64]) -> f64 {
    let audible = above(momentary, energy(f64::from(QUIETEST_LUFS)));
    let gated = above(&audible, mean(&audible) * 0.1);
    loudness(mean(&gated))
}

/// EBU Tech 3342: from the 10th to the 95th percentile of the short-term values that are above
/// -70 LUFS and at most 20 LU below the mean of those; 0 where there are none.
fn range(short_term: &[f64]) -> f64 {
    let audible = above(short_term, energy(f64::from(QUIETEST_LUFS)));
    let mut gated = above(&audible, mean(&audible) * 0.01);
    gated.sort_unstable_by(f64::total_cmp);
    let Some(last) = gated.len().checked_sub(1) else {
        return 0.0;
    };
    let percentile = |part: f64| gated[(part * last as f64).round() as usize];
    10.0 * (percentile(0.95) / percentile(0.10)).log10()
}

fn above(energies: &[f64], threshold: f64) -> Vec<f64> {
    energies
        .iter()
        .copied()
        .filter(|&energy| energy >= threshold)
        .collect()
}

/// 0 where there is nothing.
fn mean(energies: &[f64]) -> f64 {
    energies.iter().sum::<f64>() / energies.len().max(1) as f64
}

/// BS.1770-4, formula (2); the constant undoes the K filter's gain at 997 Hz.
fn loudness(energy: f64) -> f64 {
    -0.691 + 10.0 * energy.log10()
}

fn energy(loudness: f64) -> f64 {
    10.0_f64.powf((loudness + 0.691) / 10.0)
}
