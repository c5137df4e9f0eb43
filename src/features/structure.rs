//! The passages to listen to first: what represents a song, and where it has most energy.
//!
//! The representative passage is that whose seconds are most like all of the song's (Cooper &
//! Foote, "Automatic music summarization via similarity analysis", ISMIR 2002), alike meaning the
//! cosine of what sounds then, in timbre and in harmony, less the song's mean: what returns, as a
//! chorus does, wins over what does not.
//!
//! The most energetic passage is that which is loudest and busiest: the sum of short-term loudness
//! and onset density, each in standard deviations of the song. These two are what listeners'
//! arousal follows most (Schubert, "Modeling perceived emotion with continuous musical features",
//! Music Perception 21, 2004), and what Spotify's documentation names first in `energy`.

use serde::{Deserialize, Serialize};

use super::curves::Curves;
use super::key::Harmony;
use super::onsets::Onsets;

/// Passages of a song as long as their names say, in seconds; the whole song where it is shorter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Structure {
    pub representative_15: Passage,
    pub representative_30: Passage,
    pub energetic_15: Passage,
    pub energetic_30: Passage,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Passage {
    pub start_seconds: f64,
    pub end_seconds: f64,
}

/// Least deviations that count as one: a song that varies less is even throughout.
const LEAST_DEVIATION_LU: f32 = 1.0;
const LEAST_DEVIATION_HZ: f32 = 0.5;

impl Structure {
    /// `harmony` is `None` where no note sounds.
    pub fn of(
        duration_seconds: f64,
        curves: &Curves,
        onsets: &Onsets,
        harmony: Option<&Harmony>,
    ) -> Self {
        let likeness = likeness(onsets, harmony);
        let loudness = standardised(&curves.loudness_lufs, LEAST_DEVIATION_LU);
        let density = standardised(&curves.onset_density_hz, LEAST_DEVIATION_HZ);
        let energy: Vec<f32> = loudness.iter().zip(&density).map(|(l, d)| l + d).collect();
        let greatest = |scores: &[f32], seconds| greatest(scores, seconds, duration_seconds);
        Self {
            representative_15: greatest(&likeness, 15),
            representative_30: greatest(&likeness, 30),
            energetic_15: greatest(&energy, 15),
            energetic_30: greatest(&energy, 30),
        }
    }
}

/// The first passage of `seconds` with the greatest sum of `scores`, one a second.
fn greatest(scores: &[f32], seconds: usize, duration_seconds: f64) -> Passage {
    if duration_seconds <= seconds as f64 || scores.len() < seconds {
        return Passage {
            start_seconds: 0.0,
            end_seconds: duration_seconds,
        };
    }
    let mut best = (f32::MIN, 0);
    // The last second may be cut short, and a passage must end within the song.
    let starts = 1 + (duration_seconds - seconds as f64) as usize;
    for (start, passage) in scores.windows(seconds).take(starts).enumerate() {
        let score = passage.iter().sum();
        if score > best.0 {
            best = (score, start);
        }
    }
    Passage {
        start_seconds: best.1 as f64,
        end_seconds: (best.1 + seconds) as f64,
    }
}

/// How much each second is like the others: the mean of what similarity there is.
fn likeness(onsets: &Onsets, harmony: Option<&Harmony>) -> Vec<f32> {
    let seconds = onsets.seconds.len();
    let timbre = directions(onsets.seconds.iter().map(|second| second.log_mel).collect());
    let chroma = harmony.map_or_else(
        || vec![[0.0; 12]; seconds],
        |harmony| directions(harmony.chroma_by_second(seconds)),
    );
    let mut likeness = vec![0.0; seconds];
    for one in 0..seconds {
        for other in 0..one {
            let similarity = dot(&timbre[one], &timbre[other]) + dot(&chroma[one], &chroma[other]);
            // What is unlike takes nothing away, or else the contrast of two sections would weigh
            // as much as the return of one.
            let similarity = similarity.max(0.0);
            likeness[one] += similarity;
            likeness[other] += similarity;
        }
    }
    likeness
}

/// Each row less the mean of those that sound, at length 1; 0 for what is silent or the mean itself.
fn directions<const N: usize>(mut rows: Vec<[f32; N]>) -> Vec<[f32; N]> {
    let sounds = |row: &[f32; N]| row.iter().any(|&value| value > 0.0);
    let count = rows.iter().filter(|row| sounds(row)).count().max(1) as f32;
    let mean: [f32; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column]).sum::<f32>() / count);
    let scale: f32 = dot(&mean, &mean).sqrt();
    for row in &mut rows {
        if !sounds(row) {
            continue;
        }
        for (value, mean) in row.iter_mut().zip(&mean) {
            *value -= mean;
        }
        let length = dot(row, row).sqrt();
        // A thousandth of the mean is rounding, not another sound.
        let factor = if length > 1e-3 * scale {
            1.0 / length
        } else {
            0.0
        };
        row.iter_mut().for_each(|value| *value *= factor);
    }
    rows
}

fn dot<const N: usize>(a: &[f32; N], b: &[f32; N]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn standardised(curve: &[f32], least_deviation: f32) -> Vec<f32> {
    let count = curve.len().max(1) as f32;
    let mean = curve.iter().sum::<f32>() / count;
    let variance = curve.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
    let deviation = variance.sqrt().max(least_deviation);
    curve.iter().map(|x| (x - mean) / deviation).collect()
}
