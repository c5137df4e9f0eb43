//! What is measured on a song's samples, without any model.

use serde::{Deserialize, Serialize};

use crate::clip::Clip;
use crate::error::Result;
use crate::features::curves::Curves;
use crate::features::key::{self, Harmony};
use crate::features::loudness::{self, Blocks};
use crate::features::onsets::Onsets;
use crate::features::statistics::Statistics;
use crate::features::structure::Structure;
use crate::features::{SignalFeatures, tempo};
use crate::resample::resample_mono;

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

impl Measurements {
    /// Loudness of the clip's own channels, everything else of their mean.
    pub fn of(clip: &Clip) -> Result<Self> {
        let duration_seconds = clip.duration_seconds();
        let blocks = Blocks::measure(clip);
        let loudness = loudness::measure(clip, &blocks);
        let signal = resample_mono(clip, SIGNAL_RATE_HZ)?;
        let onsets = Onsets::measure(&signal);
        let harmony = Harmony::measure(&signal);
        let curves = Curves::of(&onsets, &blocks);
        let structure = Structure::of(duration_seconds, &curves, &onsets, harmony.as_ref());
        Ok(Self {
            duration_seconds,
            signal: SignalFeatures {
                tempo: tempo::estimate(&onsets),
                key: key::estimate(harmony.as_ref()),
                loudness,
            },
            statistics: Statistics::measure(middle(&signal)),
            curves,
            structure,
        })
    }

    /// Those of the middle [`STATISTICS_SECONDS`] alone, with the duration of the whole: a seventh of
    /// the work for a song of usual length.
    pub fn of_middle(clip: &Clip) -> Result<Self> {
        Ok(Self {
            duration_seconds: clip.duration_seconds(),
            ..Self::of(&clip.middle(STATISTICS_SECONDS as f64)?)?
        })
    }
}

/// The [`STATISTICS_SECONDS`] around the middle of `signal`, which is at [`SIGNAL_RATE_HZ`].
fn middle(signal: &[f32]) -> &[f32] {
    let length = (STATISTICS_SECONDS * SIGNAL_RATE_HZ as usize).min(signal.len());
    let start = (signal.len() - length) / 2;
    &signal[start..start + length]
}
