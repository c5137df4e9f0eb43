//! The first stage with its pictures: from PCM to the log mel spectrogram that the backbone listens to,
//! and to what a page draws of a song.

use crate::clip::Clip;
use crate::error::Result;
use crate::intake::{Intake, Piece, Second};
use crate::mel::{MelConfig, MelSpectrogram};
use crate::picture::{Columns, Outline, SpectrogramImage, Waveform};
use crate::resample::Resampler;

/// The log mel spectrogram of the mean channel at [`MelConfig::BACKBONE`], as a song comes in.
pub struct LogMel {
    resampler: Resampler,
    mel: MelSpectrogram,
    /// What has been resampled last.
    signal: Vec<f32>,
}

impl LogMel {
    pub fn new(sample_rate_hz: u32) -> Result<Self> {
        let config = MelConfig::BACKBONE;
        Ok(Self {
            resampler: Resampler::new(sample_rate_hz, config.sample_rate_hz)?,
            mel: MelSpectrogram::new(config),
            signal: Vec::new(),
        })
    }

    /// All of it at once, row-major `[frames, n_mels]`.
    pub fn of(clip: &Clip) -> Result<Vec<f32>> {
        let mut log_mel = Self::new(clip.sample_rate_hz())?;
        let samples = clip.channels()[0].len() as u64;
        let mut rows = Vec::with_capacity(log_mel.frames(samples) * MelConfig::BACKBONE.n_mels);
        for second in clip.seconds() {
            log_mel.push(&second, &mut rows);
        }
        log_mel.finish(&mut rows);
        Ok(rows)
    }

    /// Frames of a song of so many samples.
    pub fn frames(&self, samples: u64) -> usize {
        1 + self.resampler.length(samples) / MelConfig::BACKBONE.hop
    }

    /// Appends the rows that are whole now.
    pub fn push(&mut self, second: &Second, rows: &mut Vec<f32>) {
        self.signal.clear();
        self.resampler.push(second, &mut self.signal);
        self.mel.push(&self.signal, rows);
    }

    /// Appends the last rows.
    pub fn finish(&mut self, rows: &mut Vec<f32>) {
        self.signal.clear();
        self.resampler.finish(&mut self.signal);
        self.mel.push(&self.signal, rows);
        self.mel.finish(rows);
    }
}

/// A song as it comes in, on its way to be listened to and drawn. Holds pictures, and no samples.
pub struct Drawing {
    intake: Intake,
    log_mel: LogMel,
    columns: Columns,
    outline: Outline,
}

/// What is left when a song has ended.
pub struct Drawn {
    /// The last rows, as [`Drawing::push`] gives the others.
    pub rows: Vec<f32>,
    /// Of the whole song.
    pub frames: usize,
    pub spectrogram: SpectrogramImage,
    pub waveform: Waveform,
}

impl Drawing {
    pub fn new(channels: usize, sample_rate_hz: u32) -> Result<Self> {
        Ok(Self {
            intake: Intake::new(channels, sample_rate_hz)?,
            log_mel: LogMel::new(sample_rate_hz)?,
            columns: Columns::new(MelConfig::BACKBONE),
            outline: Outline::new(sample_rate_hz),
        })
    }

    /// Frames of a song of so many samples a channel.
    pub fn frames(&self, samples: u64) -> usize {
        self.log_mel.frames(samples)
    }

    /// Takes the next samples; gives the rows of the log mel spectrogram that are whole now.
    pub fn push(&mut self, piece: &(impl Piece + ?Sized)) -> Result<Vec<f32>> {
        let mut rows = Vec::new();
        self.intake.push(piece, |second| {
            self.outline.push(second);
            self.log_mel.push(second, &mut rows);
            Ok(())
        })?;
        self.columns.push(&rows);
        Ok(rows)
    }

    pub fn finish(self) -> Result<Drawn> {
        let Self {
            intake,
            mut log_mel,
            mut columns,
            mut outline,
        } = self;
        let mut rows = Vec::new();
        intake.finish(|second| {
            outline.push(second);
            log_mel.push(second, &mut rows);
            Ok(())
        })?;
        log_mel.finish(&mut rows);
        columns.push(&rows);
        Ok(Drawn {
            rows,
            frames: columns.frames(),
            spectrogram: columns.finish(),
            waveform: outline.finish(),
        })
    }
}
