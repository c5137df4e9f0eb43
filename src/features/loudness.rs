//! Loudness after EBU R128 (ITU-R BS.1770-4, EBU Tech 3341 and 3342), by the `ebur128` crate.

use ebur128::{EbuR128, Mode};
use serde::Serialize;

use crate::clip::Clip;
use crate::error::{Error, Result};
use crate::features::Feature;

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

/// Blocks of 100 ms in the 3 s of a short-term value (EBU Tech 3341).
const SHORT_TERM_BLOCKS: usize = 30;

/// A mono clip counts as one loudspeaker, as BS.1770 has it and `ffmpeg -af ebur128` does by
/// default; with 6 channels the fourth is the LFE, which does not count.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Loudness {
    /// Of the whole clip, gated; at least [`QUIETEST_LUFS`].
    pub integrated_lufs: f32,
    /// The loudest 3 s; at least [`QUIETEST_LUFS`].
    pub short_term_max_lufs: f32,
    /// Between the quiet and the loud passages (EBU Tech 3342).
    pub range_lu: f32,
    /// Highest peak between the samples, of any channel, oversampled to 192 kHz at least.
    pub true_peak_dbtp: f32,
    /// On the scale of Spotify's `loudness` feature, -60 to 5; approximate. The same for a mono file
    /// and its two-channel copy, since Spotify measures what is played.
    pub spotify_db: f32,
}

pub fn measure(clip: &Clip) -> Result<Loudness> {
    let channels = clip.channels();
    let mut meter = EbuR128::new(
        channels.len() as u32,
        clip.sample_rate_hz(),
        Mode::I | Mode::S | Mode::LRA | Mode::TRUE_PEAK,
    )
    .map_err(refused)?;

    // The meter could be asked for its 3 s window after every block, but would add up all 3 s anew
    // each time. The energies of its 100 ms blocks say the same for a thirtieth of the work.
    let block = (clip.sample_rate_hz() as usize + 5) / 10;
    let mut energies = Vec::with_capacity(channels[0].len() / block);
    let mut start = 0;
    while start < channels[0].len() {
        let end = (start + block).min(channels[0].len());
        let planes: Vec<&[f32]> = channels.iter().map(|plane| &plane[start..end]).collect();
        meter.add_frames_planar_f32(&planes).map_err(refused)?;
        if end - start == block {
            energies.push(energy(meter.loudness_window(100).map_err(refused)?));
        }
        start = end;
    }

    let mut peak = 0.0_f64;
    for channel in 0..channels.len() as u32 {
        peak = peak.max(meter.true_peak(channel).map_err(refused)?);
    }
    let integrated_lufs = (meter.loudness_global().map_err(refused)? as f32).max(QUIETEST_LUFS);
    let played_lufs = integrated_lufs
        + if channels.len() == 1 {
            DUAL_MONO_LU
        } else {
            0.0
        };
    let (least_db, most_db) = Feature::Loudness.range();
    Ok(Loudness {
        integrated_lufs,
        short_term_max_lufs: (short_term_max(&energies) as f32).max(QUIETEST_LUFS),
        range_lu: meter.loudness_range().map_err(refused)? as f32,
        // A clip is never silent, so the logarithm is finite.
        true_peak_dbtp: (20.0 * peak.log10()) as f32,
        spotify_db: (played_lufs + SPOTIFY_OFFSET_DB).clamp(least_db, most_db),
    })
}

/// The loudest run of 3 s, or the whole where there is less.
fn short_term_max(energies: &[f64]) -> f64 {
    let length = SHORT_TERM_BLOCKS.min(energies.len()).max(1);
    let loudest = energies
        .windows(length)
        .map(|window| window.iter().sum::<f64>())
        .fold(0.0, f64::max);
    loudness(loudest / length as f64)
}

/// BS.1770, formula (2); the constant undoes the K filter's gain at 997 Hz.
fn loudness(energy: f64) -> f64 {
    -0.691 + 10.0 * energy.log10()
}

fn energy(loudness: f64) -> f64 {
    10.0_f64.powf((loudness + 0.691) / 10.0)
}

/// A [`Clip`] has passed every check that the meter makes, so this is for a meter that changes.
fn refused(error: ebur128::Error) -> Error {
    Error::InvalidInput {
        field: "audio".into(),
        actual: error.to_string(),
        expected: "1 to 8 channels at 8000 to 192000 Hz".into(),
    }
}
