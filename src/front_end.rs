//! What comes before the models, in one pass over a song's samples: the log mel spectrogram that the backbone
//! listens to, what is measured, and what a page draws.

use ndarray::Array2;

use crate::clip::{Clip, check_samples};
use crate::error::Result;
use crate::intake::{Intake, Piece, Second};
use crate::measurements::{Measurements, Measures, SIGNAL_RATE_HZ};
use crate::mel::{MelConfig, MelSpectrogram};
use crate::picture::{Columns, Outline, SpectrogramImage, Waveform};
use crate::resample::Resampler;

/// A song as it comes in. Of its samples the mean channel is held, at [`SIGNAL_RATE_HZ`].
pub struct FrontEnd {
    intake: Intake,
    stages: Stages,
    expected_seconds: f64,
}

/// What there is when a song has ended.
pub struct Processed {
    /// The last rows, as [`FrontEnd::push`] gives the others.
    pub rows: Vec<f32>,
    /// Of the whole song.
    pub frames: usize,
    pub measurements: Measurements,
    pub spectrogram: SpectrogramImage,
    pub waveform: Waveform,
}

impl Processed {
    /// Of a clip that is there as a whole: with all of its rows. `before_measuring` may end it half-way.
    pub fn of(clip: &Clip, before_measuring: impl FnOnce() -> Result<()>) -> Result<Self> {
        let channels = clip.channels();
        let samples = channels[0].len() as u64;
        let mut front_end = FrontEnd::new(channels.len(), clip.sample_rate_hz(), samples)?;
        let mut rows = front_end.push(channels)?;
        before_measuring()?;
        let ended = front_end.finish()?;
        rows.extend_from_slice(&ended.rows);
        Ok(Self { rows, ..ended })
    }

    /// Its rows as `[frames, n_mels]`, and what was measured.
    pub fn into_parts(self) -> (Array2<f32>, Measurements) {
        let bands = MelConfig::BACKBONE.n_mels;
        let shape = (self.rows.len() / bands, bands);
        // Whole rows, by construction.
        let log_mel = Array2::from_shape_vec(shape, self.rows).unwrap_or_default();
        (log_mel, self.measurements)
    }
}

impl FrontEnd {
    /// Memory is taken for `expected_samples` a channel; there may come fewer or more.
    pub fn new(channels: usize, sample_rate_hz: u32, expected_samples: u64) -> Result<Self> {
        check_samples(channels, expected_samples, sample_rate_hz)?;
        Ok(Self {
            intake: Intake::new(channels, sample_rate_hz)?,
            stages: Stages {
                measures: Measures::new(channels, sample_rate_hz, expected_samples)?,
                log_mel: LogMel::new(sample_rate_hz)?,
                columns: Columns::new(MelConfig::BACKBONE),
                outline: Outline::new(sample_rate_hz),
            },
            expected_seconds: expected_samples as f64 / f64::from(sample_rate_hz),
        })
    }

    /// Frames of the spectrogram of a song of so many samples a channel.
    pub fn frames(&self, samples: u64) -> usize {
        self.stages.frames(samples)
    }

    /// Takes the next samples; gives the rows of the log mel spectrogram that are whole now, row-major
    /// `[frames, n_mels]` of the mean channel at [`MelConfig::BACKBONE`].
    pub fn push(&mut self, piece: &(impl Piece + ?Sized)) -> Result<Vec<f32>> {
        let mut rows = Vec::new();
        let Self { intake, stages, .. } = self;
        intake.push(piece, |second| stages.push(second, &mut rows))?;
        stages.columns.push(&rows);
        Ok(rows)
    }

    /// Of the middle 30 s of what has come so far, for a first estimate of the whole: a small part of the
    /// work. None where that is silent.
    pub fn so_far(&self) -> Option<Measurements> {
        self.stages.measures.so_far(self.expected_seconds)
    }

    pub fn finish(self) -> Result<Processed> {
        let Self {
            intake, mut stages, ..
        } = self;
        let mut rows = Vec::new();
        let seconds = intake.finish(|second| stages.push(second, &mut rows))?;
        stages.end(&mut rows);
        stages.columns.push(&rows);
        Ok(Processed {
            rows,
            frames: stages.columns.frames(),
            measurements: stages.measures.finish(seconds),
            spectrogram: stages.columns.finish(),
            waveform: stages.outline.finish(),
        })
    }
}

struct Stages {
    measures: Measures,
    log_mel: LogMel,
    columns: Columns,
    outline: Outline,
}

impl Stages {
    fn frames(&self, samples: u64) -> usize {
        if self.log_mel.is_of_signal {
            self.log_mel.frames(self.measures.length(samples) as u64)
        } else {
            self.log_mel.frames(samples)
        }
    }

    fn push(&mut self, second: &Second, rows: &mut Vec<f32>) -> Result<()> {
        self.outline.push(second);
        let signal = self.measures.push(second)?;
        if self.log_mel.is_of_signal {
            self.log_mel.push(&[signal], rows);
        } else {
            self.log_mel.push(second, rows);
        }
        Ok(())
    }

    /// Appends the rows that follow where the song has ended.
    fn end(&mut self, rows: &mut Vec<f32>) {
        let signal = self.measures.end();
        if self.log_mel.is_of_signal {
            self.log_mel.push(&[signal], rows);
        }
        self.log_mel.finish(rows);
    }
}

/// The log mel spectrogram of the mean channel at [`MelConfig::BACKBONE`].
struct LogMel {
    /// Where the song has a higher rate, it is made of the mean channel at [`SIGNAL_RATE_HZ`], which is half
    /// the work and loses nothing that this rate can hold.
    is_of_signal: bool,
    resampler: Resampler,
    mel: MelSpectrogram,
    /// What has been resampled last.
    resampled: Vec<f32>,
}

impl LogMel {
    fn new(sample_rate_hz: u32) -> Result<Self> {
        let config = MelConfig::BACKBONE;
        let is_of_signal = sample_rate_hz > SIGNAL_RATE_HZ;
        let from_hz = sample_rate_hz.min(SIGNAL_RATE_HZ);
        Ok(Self {
            is_of_signal,
            resampler: Resampler::new(from_hz, config.sample_rate_hz)?,
            mel: MelSpectrogram::new(config),
            resampled: Vec::new(),
        })
    }

    /// Of so many samples of what it is made of.
    fn frames(&self, samples: u64) -> usize {
        1 + self.resampler.length(samples) / MelConfig::BACKBONE.hop
    }

    /// Appends the rows that are whole now.
    fn push(&mut self, channels: &[&[f32]], rows: &mut Vec<f32>) {
        self.resampled.clear();
        self.resampler.push(channels, &mut self.resampled);
        self.mel.push(&self.resampled, rows);
    }

    /// Appends the last rows.
    fn finish(&mut self, rows: &mut Vec<f32>) {
        self.resampled.clear();
        self.resampler.finish(&mut self.resampled);
        self.mel.push(&self.resampled, rows);
        self.mel.finish(rows);
    }
}
