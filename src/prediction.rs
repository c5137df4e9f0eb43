//! What the pipeline answers: one plain, serialisable value for the page, the CLI and native callers.

use ndarray::{ArrayView2, Axis};
use serde::Serialize;

use crate::clip::Clip;
use crate::error::Warning;
use crate::features::curves::Curves;
use crate::features::structure::Structure;
use crate::features::{Features, SignalFeatures};
use crate::popularity::Popularity;
use crate::popularity::heard::Heard;

/// Everything Foretune says of one song.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Prediction {
    pub duration_seconds: f64,
    pub popularity: Popularity,
    pub features: Features,
    /// Tempo, key and loudness in full, of which `features` repeats Spotify's part.
    pub signal: SignalFeatures,
    /// What each passage alone would be given, in the order of time.
    pub windows: Vec<WindowEstimate>,
    /// The sound over time, one value a second.
    pub curves: Curves,
    /// Where to listen first.
    pub structure: Structure,
    /// What the backbone hears, strongest first; scores are probabilities, 0 to 1.
    pub tags: Vec<(String, f32)>,
    /// What goes back into further predictions of this song beside its features; opaque.
    pub heard: Option<Heard>,
    pub warnings: Vec<Warning>,
    /// Version of the models that answered.
    pub model: String,
}

/// The popularity that one passage's sound would be given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WindowEstimate {
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// 0 to 100.
    pub p50: f32,
}

/// A mel spectrogram reduced to what a screen can show.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpectrogramImage {
    /// Rows, lowest band first.
    pub bands: usize,
    /// Columns.
    pub frames: usize,
    /// Time from one column to the next.
    pub frame_seconds: f64,
    /// `[frames, bands]`, row-major; 0 is silence, 255 the loudest of the song.
    #[cfg_attr(test, ts(type = "Uint8Array"))]
    pub data: Vec<u8>,
}

impl SpectrogramImage {
    /// More columns than this no display shows; half an hour would otherwise be 11 MB.
    pub const MAX_FRAMES: usize = 2048;

    /// Averages `log_mel` (`[frames, n_mels]`, one frame every `hop_seconds`) over time until it
    /// fits, and scales it to the song's own maximum.
    pub fn of(log_mel: ArrayView2<'_, f32>, hop_seconds: f64) -> Self {
        let stride = log_mel.nrows().div_ceil(Self::MAX_FRAMES).max(1);
        let loudest = log_mel.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let mut data = Vec::with_capacity(log_mel.len() / stride + log_mel.ncols());
        for block in log_mel.axis_chunks_iter(Axis(0), stride) {
            let scale = 255.0 / (loudest * block.nrows() as f32);
            // Not negative and at most 255 by construction; `as` saturates in any case.
            data.extend(
                block
                    .sum_axis(Axis(0))
                    .iter()
                    .map(|sum| (sum * scale) as u8),
            );
        }
        Self {
            bands: log_mel.ncols(),
            frames: log_mel.nrows().div_ceil(stride),
            frame_seconds: hop_seconds * stride as f64,
            data,
        }
    }
}

/// A song's outline, reduced to what a screen can show.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Waveform {
    /// Time from one column to the next.
    pub column_seconds: f64,
    /// Lowest sample of each column, over all channels; -127 is full scale.
    #[cfg_attr(test, ts(type = "Int8Array"))]
    pub minimum: Vec<i8>,
    /// Highest sample of each column, over all channels; 127 is full scale.
    #[cfg_attr(test, ts(type = "Int8Array"))]
    pub maximum: Vec<i8>,
}

impl Waveform {
    pub const MAX_COLUMNS: usize = 2048;

    pub fn of(clip: &Clip) -> Self {
        let samples = clip.channels()[0].len();
        let stride = samples.div_ceil(Self::MAX_COLUMNS).max(1);
        let columns = samples.div_ceil(stride);
        let (mut minimum, mut maximum) = (vec![0; columns], vec![0; columns]);
        // What overshoots full scale is drawn as full scale: `as` saturates beyond ±127 too.
        let level = |sample: f32| (sample.clamp(-1.0, 1.0) * 127.0).round() as i8;
        for channel in clip.channels() {
            for (column, block) in channel.chunks(stride).enumerate() {
                let (low, high) = block
                    .iter()
                    .fold((0.0_f32, 0.0_f32), |(low, high), &sample| {
                        (low.min(sample), high.max(sample))
                    });
                minimum[column] = level(low).min(minimum[column]);
                maximum[column] = level(high).max(maximum[column]);
            }
        }
        Self {
            column_seconds: stride as f64 / f64::from(clip.sample_rate_hz()),
            minimum,
            maximum,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ndarray::Array2;

    #[test]
    fn image_keeps_time_and_scale() {
        let log_mel = Array2::from_shape_fn((5000, 4), |(frame, band)| {
            if frame >= 2500 && band == 3 { 2.0 } else { 0.0 }
        });
        let image = SpectrogramImage::of(log_mel.view(), 0.016);
        assert_eq!((image.bands, image.frames), (4, 1667));
        assert_eq!(image.data.len(), image.bands * image.frames);
        // Three frames a column.
        assert!((image.frame_seconds - 0.048).abs() < 1e-12);
        assert_eq!(image.data[3], 0);
        assert_eq!(image.data[image.data.len() - 1], 255);
    }

    #[test]
    fn image_of_silence_is_black() {
        let image = SpectrogramImage::of(Array2::zeros((10, 2)).view(), 0.016);
        assert!(image.data.iter().all(|&value| value == 0));
    }

    #[test]
    fn waveform_keeps_extremes_of_every_channel() {
        let mut left = vec![0.0; 100_000];
        let mut right = left.clone();
        left[99_999] = 0.5;
        right[0] = -1.5;
        let waveform = Waveform::of(&Clip::new(vec![left, right], 20_000).unwrap());
        assert_eq!(waveform.minimum.len(), waveform.maximum.len());
        assert!(waveform.minimum.len() <= Waveform::MAX_COLUMNS);
        assert_eq!(waveform.minimum[0], -127);
        assert_eq!(*waveform.maximum.last().unwrap(), 64);
        assert!((waveform.column_seconds - 49.0 / 20_000.0).abs() < 1e-12);
    }
}
