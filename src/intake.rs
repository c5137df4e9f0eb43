//! PCM as it comes in: checked, and cut into whole seconds, which every stage that follows the samples
//! is given one after another. So no answer depends on how a song was cut on its way.

use crate::clip::{MAX_PEAK, MIN_PEAK, check_duration, check_samples};
use crate::error::{Error, Result};
use crate::lanes::loudest;

/// A second of every channel, planar; less of them at a song's end.
pub type Second<'a> = [&'a [f32]];

/// What is asked of a song's samples, second by second.
pub(crate) struct Checks {
    channels: usize,
    sample_rate_hz: u32,
    samples: u64,
    peak: f32,
}

impl Checks {
    pub fn new(channels: usize, sample_rate_hz: u32) -> Result<Self> {
        check_samples(channels, 0, sample_rate_hz)?;
        Ok(Self {
            channels,
            sample_rate_hz,
            samples: 0,
            peak: 0.0,
        })
    }

    pub fn second(&mut self, second: &Second) -> Result<()> {
        let before = self.samples;
        self.samples += second[0].len() as u64;
        check_samples(self.channels, self.samples, self.sample_rate_hz)?;
        for (channel, samples) in second.iter().enumerate() {
            let loudest = loudest(samples);
            if !loudest.is_finite() {
                let sample = samples.iter().position(|value| !value.is_finite());
                return Err(Error::NonFiniteSample {
                    channel,
                    sample: before as usize + sample.unwrap_or(0),
                });
            }
            if loudest > MAX_PEAK {
                return Err(Error::AboveFullScale {
                    peak_dbfs: decibels(loudest),
                    limit_dbfs: decibels(MAX_PEAK),
                });
            }
            self.peak = self.peak.max(loudest);
        }
        Ok(())
    }

    /// What can only be told at the end; gives the duration in seconds.
    pub fn finish(&self) -> Result<f64> {
        let seconds = self.samples as f64 / f64::from(self.sample_rate_hz);
        check_duration(seconds)?;
        if self.peak < MIN_PEAK {
            return Err(Error::Silent {
                peak_dbfs: decibels(self.peak),
            });
        }
        Ok(seconds)
    }
}

/// Holds what has come of the second that is not yet whole.
pub struct Intake {
    checks: Checks,
    pending: Vec<Vec<f32>>,
    filled: usize,
}

impl Intake {
    pub fn new(channels: usize, sample_rate_hz: u32) -> Result<Self> {
        Ok(Self {
            checks: Checks::new(channels, sample_rate_hz)?,
            pending: vec![vec![0.0; sample_rate_hz as usize]; channels],
            filled: 0,
        })
    }

    /// Takes the next samples of every channel, and gives `stage` every second that is whole now.
    pub fn push(
        &mut self,
        piece: &(impl Piece + ?Sized),
        mut stage: impl FnMut(&Second) -> Result<()>,
    ) -> Result<()> {
        let length = piece.check(self.pending.len())?;
        let mut first = 0;
        while first < length {
            let whole = self.pending[0].len();
            let count = (whole - self.filled).min(length - first);
            for (channel, pending) in self.pending.iter_mut().enumerate() {
                let into = &mut pending[self.filled..self.filled + count];
                piece.copy(channel, first, into);
            }
            first += count;
            self.filled += count;
            if self.filled == whole {
                self.give(&mut stage)?;
            }
        }
        Ok(())
    }

    /// Gives `stage` what remains; answers with the song's duration in seconds.
    pub fn finish(mut self, mut stage: impl FnMut(&Second) -> Result<()>) -> Result<f64> {
        if self.filled > 0 {
            self.give(&mut stage)?;
        }
        self.checks.finish()
    }

    fn give(&mut self, stage: &mut impl FnMut(&Second) -> Result<()>) -> Result<()> {
        let channels = self.pending.iter();
        let second: Vec<&[f32]> = channels.map(|pending| &pending[..self.filled]).collect();
        self.checks.second(&second)?;
        stage(&second)?;
        self.filled = 0;
        Ok(())
    }
}

/// The next samples of every channel, wherever they are: in memory here, or in JavaScript's.
pub trait Piece {
    fn channels(&self) -> usize;
    fn length(&self, channel: usize) -> usize;
    /// Fills `into` with the samples of `channel` from `first` on.
    fn copy(&self, channel: usize, first: usize, into: &mut [f32]);

    /// The length of all `channels`.
    fn check(&self, channels: usize) -> Result<usize> {
        if self.channels() != channels {
            return Err(Error::ChannelCount {
                actual: self.channels(),
                limit: channels,
            });
        }
        let expected = self.length(0);
        match (1..channels).find(|&channel| self.length(channel) != expected) {
            Some(other) => Err(Error::ChannelLengths {
                expected,
                actual: self.length(other),
            }),
            None => Ok(expected),
        }
    }
}

impl<Channel: AsRef<[f32]>> Piece for [Channel] {
    fn channels(&self) -> usize {
        self.len()
    }

    fn length(&self, channel: usize) -> usize {
        self[channel].as_ref().len()
    }

    fn copy(&self, channel: usize, first: usize, into: &mut [f32]) {
        into.copy_from_slice(&self[channel].as_ref()[first..first + into.len()]);
    }
}

/// An amplitude's level beside full scale; of nothing, a number all the same.
fn decibels(amplitude: f32) -> f64 {
    20.0 * f64::from(amplitude.max(1e-10)).log10()
}
