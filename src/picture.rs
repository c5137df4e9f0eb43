//! What a page draws of a song, made while the song comes in: of whatever length, it takes the memory
//! of a few screens.

use crate::intake::Second;
use crate::lanes::{LANES, extremes, extremes_of_four, loudest};
use crate::mel::MelConfig;

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
}

/// Columns that are held until the song's length is known: so many that to join as few of them as fit
/// a screen costs little of its sharpness.
const HELD_COLUMNS: usize = 4 * SpectrogramImage::MAX_FRAMES;

/// A [`SpectrogramImage`] in the making.
pub struct Columns {
    config: MelConfig,
    /// Frames of every column but the last.
    stride: usize,
    frames: usize,
    loudest: f32,
    /// Sums over the frames of a column, `[columns, bands]`.
    sums: Vec<f32>,
}

impl Columns {
    pub fn new(config: MelConfig) -> Self {
        Self {
            config,
            stride: 1,
            frames: 0,
            loudest: f32::MIN_POSITIVE,
            sums: Vec::new(),
        }
    }

    /// Frames that have been drawn.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Draws the next frames of log mel power, row-major `[frames, n_mels]`.
    pub fn push(&mut self, log_mel: &[f32]) {
        let bands = self.config.n_mels;
        self.loudest = self.loudest.max(loudest(log_mel));
        for frame in log_mel.chunks_exact(bands) {
            if self.frames == HELD_COLUMNS * self.stride {
                self.sums = joined(&self.sums, bands, 2);
                self.stride *= 2;
            }
            if self.frames.is_multiple_of(self.stride) {
                self.sums.extend_from_slice(frame);
            } else {
                let start = self.sums.len() - bands;
                add(&mut self.sums[start..], frame);
            }
            self.frames += 1;
        }
    }

    /// Averages over time until it fits, on the scale of the song's own maximum.
    pub fn finish(self) -> SpectrogramImage {
        let bands = self.config.n_mels;
        let join = (self.sums.len() / bands)
            .div_ceil(SpectrogramImage::MAX_FRAMES)
            .max(1);
        let stride = self.stride * join;
        let mut data = Vec::with_capacity(self.sums.len() / join + bands);
        for (column, sums) in joined(&self.sums, bands, join)
            .chunks_exact(bands)
            .enumerate()
        {
            let frames = stride.min(self.frames - column * stride);
            let scale = 255.0 / (self.loudest * frames as f32);
            // Not negative and at most 255 by construction; `as` saturates in any case.
            data.extend(sums.iter().map(|sum| (sum * scale) as u8));
        }
        SpectrogramImage {
            bands,
            frames: data.len() / bands,
            frame_seconds: self.config.hop_seconds() * stride as f64,
            data,
        }
    }
}

/// Sums of every `count` columns.
fn joined(columns: &[f32], bands: usize, count: usize) -> Vec<f32> {
    let width = count * bands;
    let mut sums = Vec::with_capacity(columns.len().div_ceil(width) * bands);
    for columns in columns.chunks(width) {
        let (first, others) = columns.split_at(bands);
        let start = sums.len();
        sums.extend_from_slice(first);
        for column in others.chunks_exact(bands) {
            add(&mut sums[start..], column);
        }
    }
    sums
}

fn add(sums: &mut [f32], values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
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
}

/// Samples whose extremes are held until the song's length is known: of half an hour, less than 6 MB.
const BLOCK: usize = 64;

/// A [`Waveform`] in the making.
pub struct Outline {
    sample_rate_hz: u32,
    /// Samples that the last block has.
    filled: usize,
    minimum: Vec<i8>,
    maximum: Vec<i8>,
}

impl Outline {
    pub fn new(sample_rate_hz: u32) -> Self {
        Self {
            sample_rate_hz,
            filled: 0,
            minimum: Vec::new(),
            maximum: Vec::new(),
        }
    }

    pub fn push(&mut self, second: &Second) {
        let samples = second[0].len();
        let mut first = 0;
        while first < samples {
            let of = |count: usize| {
                second
                    .iter()
                    .map(move |channel| &channel[first..first + count])
            };
            if self.filled == 0 && samples - first >= LANES * BLOCK {
                let blocks = extremes_of_four(of(LANES * BLOCK));
                self.minimum
                    .extend(blocks.map(|(low, _)| level(low).max(-127)));
                self.maximum.extend(blocks.map(|(_, high)| level(high)));
                first += LANES * BLOCK;
                continue;
            }
            let (minimum, maximum) = match self.filled {
                0 => (0, 0),
                _ => (
                    self.minimum.pop().unwrap_or(0),
                    self.maximum.pop().unwrap_or(0),
                ),
            };
            let count = (BLOCK - self.filled).min(samples - first);
            let (low, high) = extremes(of(count));
            self.minimum.push(level(low).max(-127).min(minimum));
            self.maximum.push(level(high).max(maximum));
            self.filled = (self.filled + count) % BLOCK;
            first += count;
        }
    }

    pub fn finish(self) -> Waveform {
        let blocks = self.minimum.len().div_ceil(Waveform::MAX_COLUMNS).max(1);
        let extremes = |levels: &[i8], of: fn(i8, i8) -> i8| {
            let columns = levels.chunks(blocks);
            columns
                .map(|column| column.iter().copied().fold(0, of))
                .collect()
        };
        Waveform {
            column_seconds: (blocks * BLOCK) as f64 / f64::from(self.sample_rate_hz),
            minimum: extremes(&self.minimum, i8::min),
            maximum: extremes(&self.maximum, i8::max),
        }
    }
}

/// What overshoots full scale is drawn as full scale: `as` saturates beyond ±127 too.
fn level(sample: f32) -> i8 {
    (sample * 127.0).round_ties_even() as i8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FOUR_BANDS: MelConfig = MelConfig {
        n_mels: 4,
        ..MelConfig::BACKBONE
    };

    #[test]
    fn image_keeps_time_and_scale() {
        // Around where columns begin to be joined as they come, and long after.
        for (frames, joined) in [
            (5_000, 3),
            (8_192, 4),
            (8_193, 6),
            (20_001, 12),
            (112_500, 64),
        ] {
            let mut columns = Columns::new(FOUR_BANDS);
            for frame in 0..frames {
                let sounds = frame >= frames / 2;
                columns.push(&[0.0, 0.0, 0.0, if sounds { 2.0 } else { 0.0 }]);
            }
            let image = columns.finish();
            let expected = (4, usize::div_ceil(frames, joined));
            assert_eq!((image.bands, image.frames), expected, "{frames} frames");
            assert_eq!(image.data.len(), image.bands * image.frames);
            assert!((image.frame_seconds - 0.016 * joined as f64).abs() < 1e-12);
            assert!(image.frames <= SpectrogramImage::MAX_FRAMES);
            assert_eq!(image.data[3], 0);
            assert_eq!(image.data[image.data.len() - 1], 255);
            // Where it begins to sound: in the column that holds that frame.
            let first = image.data.chunks(4).position(|column| column[3] > 0);
            assert_eq!(first, Some(frames / 2 / joined), "{frames} frames");
        }
    }

    #[test]
    fn image_of_silence_is_black() {
        let mut columns = Columns::new(FOUR_BANDS);
        columns.push(&[0.0; 40]);
        assert!(columns.finish().data.iter().all(|&value| value == 0));
    }

    #[test]
    fn waveform_keeps_extremes_of_every_channel() {
        let mut left = vec![0.0; 300_000];
        let mut right = left.clone();
        left[299_999] = 0.5;
        right[0] = -1.5;
        let mut outline = Outline::new(20_000);
        for (left, right) in left.chunks(20_000).zip(right.chunks(20_000)) {
            outline.push(&[left, right]);
        }
        let waveform = outline.finish();
        assert_eq!(waveform.minimum.len(), waveform.maximum.len());
        assert!(waveform.minimum.len() <= Waveform::MAX_COLUMNS);
        assert_eq!(waveform.minimum[0], -127);
        assert_eq!(*waveform.maximum.last().unwrap(), 64);
        // Three blocks of 64 samples.
        assert!((waveform.column_seconds - 192.0 / 20_000.0).abs() < 1e-12);
    }
}
