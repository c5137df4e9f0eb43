//! A song over time, one value a second, for whoever wants to draw it.

use serde::{Deserialize, Serialize};

use super::loudness::Blocks;
use super::onsets::Onsets;

/// What the energy of a silent second is given: below the noise of a 16-bit master.
pub const QUIETEST_DB: f32 = -100.0;

/// Seconds before and after the one that its onsets are counted in: as long together as the
/// short-term window of EBU Tech 3341, so that a slow beat is no flicker.
const ONSET_REACH_SECONDS: usize = 1;

/// Every curve has the same length: the song's seconds, rounded, the last one holding what remains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Curves {
    /// Time from one value to the next; value `i` is of what sounds from `i` steps on.
    pub step_seconds: f64,
    /// Short-term loudness: of the three seconds around; at least -70.
    pub loudness_lufs: Vec<f32>,
    /// Onsets a second, over the three seconds around.
    pub onset_density_hz: Vec<f32>,
    /// Brightness: the mean frequency of the amplitude spectrum; 0 in silence.
    pub spectral_centroid_hz: Vec<f32>,
    /// 0 for tones (and silence) to 1 for white noise.
    pub spectral_flatness: Vec<f32>,
    /// Mean square of the mean channel, 0 for a square wave at full scale; at least -100.
    pub energy_db: Vec<f32>,
}

impl Curves {
    pub fn of(onsets: &Onsets, blocks: &Blocks) -> Self {
        let seconds = &onsets.seconds;
        let curve = |value: fn(&super::onsets::Second) -> f32| seconds.iter().map(value).collect();
        Self {
            step_seconds: 1.0,
            loudness_lufs: blocks.short_term_by_second(seconds.len()),
            onset_density_hz: onset_density_hz(onsets.onset_seconds(), seconds.len()),
            spectral_centroid_hz: curve(|second| second.centroid_hz),
            spectral_flatness: curve(|second| second.flatness),
            energy_db: curve(|second| ((10.0 * second.power.log10()) as f32).max(QUIETEST_DB)),
        }
    }
}

fn onset_density_hz(onset_seconds: impl Iterator<Item = f64>, seconds: usize) -> Vec<f32> {
    let mut counts = vec![0.0_f32; seconds];
    for at in onset_seconds {
        counts[(at as usize).min(seconds - 1)] += 1.0;
    }
    (0..seconds)
        .map(|second| {
            let first = second.saturating_sub(ONSET_REACH_SECONDS);
            let around = &counts[first..(second + ONSET_REACH_SECONDS + 1).min(seconds)];
            around.iter().sum::<f32>() / around.len() as f32
        })
        .collect()
}
