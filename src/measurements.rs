//! What is measured on a song's samples, without any model.

use serde::{Deserialize, Serialize};

use crate::clip::MIN_PEAK;
use crate::error::{Error, Result};
use crate::features::curves::Curves;
use crate::features::key::{self, Harmony};
use crate::features::loudness::{Blocks, Loudness, Meter};
use crate::features::onsets::Onsets;
use crate::features::statistics::Statistics;
use crate::features::structure::Structure;
use crate::features::{SignalFeatures, tempo};
use crate::intake::Second;
use crate::resample::Resampler;

/// Rate at which tempo, key and statistics are computed: librosa's default, which the labelled
/// tables of statistics use.
pub const SIGNAL_RATE_HZ: u32 = 22_050;

/// Statistics are of this much of the song's middle, as in the tables the heads learn from.
pub const STATISTICS_SECONDS: usize = 30;

/// Plain, so that one worker can measure while others listen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    pub duration_seconds: f64,
    pub signal: SignalFeatures,
    pub statistics: Statistics,
    pub curves: Curves,
    pub structure: Structure,
}

/// What is measured on a song as it comes in, and the mean channel for what needs all of it.
pub(crate) struct Measures {
    meter: Meter,
    resampler: Resampler,
    signal: Vec<f32>,
}

impl Measures {
    /// Memory is taken for `expected_samples` a channel; there may come fewer or more.
    pub fn new(channels: usize, sample_rate_hz: u32, expected_samples: u64) -> Result<Self> {
        let resampler = Resampler::new(sample_rate_hz, SIGNAL_RATE_HZ)?;
        let mut signal = Vec::new();
        // A song may be a little longer than it was said to be.
        let spare = 3 * u64::from(sample_rate_hz);
        reserve(&mut signal, resampler.length(expected_samples + spare))?;
        Ok(Self {
            meter: Meter::new(channels, sample_rate_hz),
            resampler,
            signal,
        })
    }

    /// Samples of the mean channel at [`SIGNAL_RATE_HZ`], of so many of the song.
    pub fn length(&self, samples: u64) -> usize {
        self.resampler.length(samples)
    }

    /// Takes the song's next second; gives what follows of its mean channel at [`SIGNAL_RATE_HZ`].
    pub fn push(&mut self, second: &Second) -> Result<&[f32]> {
        // In steps of a tenth, since to double it would be the most that is asked for.
        let room = self.signal.capacity() - self.signal.len();
        if room < 2 * SIGNAL_RATE_HZ as usize {
            let step = (self.signal.len() / 10).max(2 * SIGNAL_RATE_HZ as usize);
            reserve(&mut self.signal, step)?;
        }
        let before = self.signal.len();
        self.meter.push(second);
        self.resampler.push(second, &mut self.signal);
        Ok(&self.signal[before..])
    }

    /// Of the middle [`STATISTICS_SECONDS`] of what has come so far; none where that is silent.
    pub fn so_far(&self, duration_seconds: f64) -> Option<Measurements> {
        let rate = SIGNAL_RATE_HZ as usize;
        let whole = self.signal.len() / rate;
        let first = whole.saturating_sub(STATISTICS_SECONDS) / 2;
        let end = (first + STATISTICS_SECONDS).min(whole);
        let signal = &self.signal[first * rate..end * rate];
        if signal.iter().all(|sample| sample.abs() < MIN_PEAK) {
            return None;
        }
        let (loudness, blocks) = self.meter.so_far();
        Some(conclude(
            duration_seconds,
            signal,
            loudness,
            &blocks.of_seconds(first..end),
        ))
    }

    /// What follows of the mean channel where the song has ended.
    pub fn end(&mut self) -> &[f32] {
        let before = self.signal.len();
        self.resampler.finish(&mut self.signal);
        &self.signal[before..]
    }

    /// Once the song has ended: loudness of its own channels, everything else of their mean.
    pub fn finish(self, duration_seconds: f64) -> Measurements {
        let (loudness, blocks) = self.meter.finish();
        conclude(duration_seconds, &self.signal, loudness, &blocks)
    }
}

/// `signal` at [`SIGNAL_RATE_HZ`], `blocks` of the same passage.
fn conclude(
    duration_seconds: f64,
    signal: &[f32],
    loudness: Loudness,
    blocks: &Blocks,
) -> Measurements {
    let onsets = Onsets::measure(signal);
    let harmony = Harmony::measure(signal);
    let curves = Curves::of(&onsets, blocks);
    let structure = Structure::of(duration_seconds, &curves, &onsets, harmony.as_ref());
    Measurements {
        duration_seconds,
        signal: SignalFeatures {
            tempo: tempo::estimate(&onsets),
            key: key::estimate(harmony.as_ref()),
            loudness,
        },
        statistics: Statistics::measure(middle(signal)),
        curves,
        structure,
    }
}

/// A song's samples are the most that is asked for at once: where they do not fit, that is an error
/// and not a trap.
fn reserve(samples: &mut Vec<f32>, more: usize) -> Result<()> {
    samples
        .try_reserve_exact(more)
        .map_err(|_| Error::OutOfMemory {
            bytes: (more * size_of::<f32>()) as u64,
        })
}

/// The [`STATISTICS_SECONDS`] around the middle of `signal`, which is at [`SIGNAL_RATE_HZ`].
fn middle(signal: &[f32]) -> &[f32] {
    let length = (STATISTICS_SECONDS * SIGNAL_RATE_HZ as usize).min(signal.len());
    let start = (signal.len() - length) / 2;
    &signal[start..start + length]
}
