//! Decoded audio as it enters the pipeline, checked once so that no later stage has to.

use crate::error::{Error, Result};
use crate::intake::{Checks, Piece as _};

/// Below this there is not one whole backbone window (187 frames of 256 samples at 16 kHz).
pub const MIN_SECONDS: f64 = 3.0;
/// Bounds time: half an hour of sound takes a slow phone minutes. And a second, since encoders add up to
/// some thousand samples to the ends of what is half an hour.
pub const MAX_SECONDS: f64 = 1801.0;
/// Bounds memory, over all channels: that much of stereo at 48 kHz, 692 MB of f32. Where there are
/// more channels or a higher rate, less time fits.
pub const MAX_SAMPLES: u64 = 1801 * 2 * 48_000;
/// Above this a browser tab risks being killed while it merely holds the bytes.
pub const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;
pub const MAX_CHANNELS: usize = 8;
pub const MIN_SAMPLE_RATE_HZ: u32 = 8_000;
pub const MAX_SAMPLE_RATE_HZ: u32 = 192_000;
/// -80 dBFS: below the dither of any 16-bit master, and below the absolute gate of EBU R128.
pub const MIN_PEAK: f32 = 1e-4;
/// +60 dBFS: no mix overshoots so far, but floats written on the scale of integers do. Measures of
/// what is much louder are not numbers any more.
pub const MAX_PEAK: f32 = 1e3;

/// Planar PCM, full scale ±1 (louder is legal up to [`MAX_PEAK`]: lossy decoders overshoot).
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    channels: Vec<Vec<f32>>,
    sample_rate_hz: u32,
}

impl Clip {
    /// Takes `channels`, each of the same length, all samples finite.
    pub fn new(channels: Vec<Vec<f32>>, sample_rate_hz: u32) -> Result<Self> {
        let mut checks = Checks::new(channels.len(), sample_rate_hz)?;
        channels.as_slice().check(channels.len())?;
        let clip = Self {
            channels,
            sample_rate_hz,
        };
        for second in clip.seconds() {
            checks.second(&second)?;
        }
        checks.finish()?;
        Ok(clip)
    }

    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// Second by second, the last one holding what remains.
    pub fn seconds(&self) -> impl Iterator<Item = Vec<&[f32]>> {
        let rate = self.sample_rate_hz as usize;
        let samples = self.channels[0].len();
        (0..samples).step_by(rate).map(move |start| {
            let end = (start + rate).min(samples);
            self.channels.iter().map(|c| &c[start..end]).collect()
        })
    }

    pub fn duration_seconds(&self) -> f64 {
        self.channels[0].len() as f64 / f64::from(self.sample_rate_hz)
    }

    /// The `seconds` in the middle; all of a clip that is not longer. A middle may be silent where
    /// the whole is not, and is then refused as any silent clip is.
    pub fn middle(&self, seconds: f64) -> Result<Self> {
        let samples = self.channels[0].len();
        let length = ((seconds * f64::from(self.sample_rate_hz)) as usize).min(samples);
        let start = (samples - length) / 2;
        let channels = self
            .channels
            .iter()
            .map(|channel| channel[start..start + length].to_vec())
            .collect();
        Self::new(channels, self.sample_rate_hz)
    }

    /// The mean of the channels, as `librosa.to_mono` does.
    pub fn mono(&self) -> Vec<f32> {
        let mut mono = vec![0.0; self.channels[0].len()];
        let channels: Vec<&[f32]> = self.channels.iter().map(Vec::as_slice).collect();
        mix(&channels, 0, &mut mono);
        mono
    }
}

/// The limits on decoded audio of `samples` a channel, checked before memory is taken for it and
/// while it grows; that it is long enough shows only at its end.
pub fn check_samples(channels: usize, samples: u64, sample_rate_hz: u32) -> Result<()> {
    if !(MIN_SAMPLE_RATE_HZ..=MAX_SAMPLE_RATE_HZ).contains(&sample_rate_hz) {
        return Err(Error::SampleRate {
            actual_hz: sample_rate_hz,
            minimum_hz: MIN_SAMPLE_RATE_HZ,
            limit_hz: MAX_SAMPLE_RATE_HZ,
        });
    }
    if channels == 0 || channels > MAX_CHANNELS {
        return Err(Error::ChannelCount {
            actual: channels,
            limit: MAX_CHANNELS,
        });
    }
    check_not_too_long(samples as f64 / f64::from(sample_rate_hz))?;
    let total = samples.saturating_mul(channels as u64);
    if total > MAX_SAMPLES {
        return Err(Error::TooManySamples {
            samples: total,
            limit: MAX_SAMPLES,
        });
    }
    Ok(())
}

/// Fills `mono` with the mean of the `channels` from the sample `first` on.
pub(crate) fn mix(channels: &[&[f32]], first: usize, mono: &mut [f32]) {
    let range = first..first + mono.len();
    let (channel, others) = (&channels[0][range.clone()], &channels[1..]);
    match others {
        [] => mono.copy_from_slice(channel),
        // Nearly every song, in one pass.
        [other] => {
            let pairs = channel.iter().zip(&other[range]);
            for (mean, (left, right)) in mono.iter_mut().zip(pairs) {
                *mean = (left + right) * 0.5;
            }
        }
        _ => {
            mono.copy_from_slice(channel);
            for other in others {
                for (sum, sample) in mono.iter_mut().zip(&other[range.clone()]) {
                    *sum += sample;
                }
            }
            let scale = 1.0 / channels.len() as f32;
            mono.iter_mut().for_each(|sample| *sample *= scale);
        }
    }
}

/// The upper limit on duration alone, for callers that meet a song before all of it is decoded.
pub fn check_not_too_long(seconds: f64) -> Result<()> {
    if seconds > MAX_SECONDS {
        return Err(Error::TooLong {
            seconds,
            limit_seconds: MAX_SECONDS,
        });
    }
    Ok(())
}

/// Both limits on duration.
pub fn check_duration(seconds: f64) -> Result<()> {
    check_not_too_long(seconds)?;
    if seconds < MIN_SECONDS {
        return Err(Error::TooShort {
            seconds,
            minimum_seconds: MIN_SECONDS,
        });
    }
    Ok(())
}

/// The limits on a file's size, checked before any of it is decoded.
pub fn check_file_size(bytes: u64) -> Result<()> {
    if bytes == 0 {
        return Err(Error::EmptyFile);
    }
    if bytes > MAX_FILE_BYTES {
        return Err(Error::FileTooLarge {
            bytes,
            limit_bytes: MAX_FILE_BYTES,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tone(seconds: f64, rate: u32) -> Vec<f32> {
        (0..(seconds * f64::from(rate)) as usize)
            .map(|n| (n as f32 * 0.1).sin())
            .collect()
    }

    #[test]
    fn refuses_each_fault_with_its_code() {
        let rate = 8_000;
        let good = tone(4.0, rate);
        let mut broken = good.clone();
        broken[17] = f32::NAN;
        let scaled = |gain: f32| good.iter().map(|sample| gain * sample.signum()).collect();
        let cases = [
            (vec![], rate, "channel_count"),
            (vec![good.clone(); 9], rate, "channel_count"),
            (vec![good.clone(), tone(5.0, rate)], rate, "channel_lengths"),
            (vec![tone(0.2, rate)], rate, "too_short"),
            (vec![vec![]], rate, "too_short"),
            (vec![vec![0.0; 8_000 * 4]], rate, "silent"),
            (vec![broken], rate, "non_finite_sample"),
            (vec![scaled(1_001.0)], rate, "above_full_scale"),
            (vec![scaled(f32::MAX)], rate, "above_full_scale"),
            (vec![good.clone()], 7_999, "sample_rate"),
            (vec![good.clone()], 192_001, "sample_rate"),
        ];
        for (channels, rate, code) in cases {
            assert_eq!(Clip::new(channels, rate).unwrap_err().code(), code);
        }
        for (channels, seconds, rate, code) in [
            (2, 1_801, 48_000, None),
            (2, 1_802, 44_100, Some("too_long")),
            (8, 1_800, 8_000, None),
            (8, 600, 48_000, Some("too_many_samples")),
            (2, 1_801, 48_001, Some("too_many_samples")),
            (9, 4, 48_000, Some("channel_count")),
            (2, 4, u32::MAX, Some("sample_rate")),
        ] {
            let refused = check_samples(channels, seconds * u64::from(rate), rate);
            let found = refused.err().map(|e| e.code());
            assert_eq!(found, code, "{channels} x {seconds} s at {rate} Hz");
        }
        assert_eq!(
            check_samples(8, u64::MAX, 8_000).unwrap_err().code(),
            "too_long"
        );
        assert_eq!(check_duration(10_800.0).unwrap_err().code(), "too_long");
        assert_eq!(check_file_size(0).unwrap_err().code(), "empty_file");
        assert_eq!(
            check_file_size(1 << 30).unwrap_err().code(),
            "file_too_large"
        );
    }

    #[test]
    fn the_middle_has_as_much_on_either_side() {
        let rate = 8_000;
        let mut samples = vec![0.5; 3 * rate as usize];
        samples.extend(tone(4.0, rate));
        samples.extend(vec![0.5; 3 * rate as usize]);
        let clip = Clip::new(vec![samples.clone(); 2], rate).unwrap();
        let middle = clip.middle(4.0).unwrap();
        assert_eq!(middle.channels(), [tone(4.0, rate), tone(4.0, rate)]);
        assert_eq!(clip.middle(60.0).unwrap(), clip);
        samples[3 * rate as usize..7 * rate as usize].fill(0.0);
        let clip = Clip::new(vec![samples], rate).unwrap();
        assert_eq!(clip.middle(4.0).unwrap_err().code(), "silent");
    }

    #[test]
    fn mono_is_the_mean_of_the_channels() {
        let left = tone(4.0, 8_000);
        let right: Vec<f32> = left.iter().map(|sample| -0.5 * sample).collect();
        let clip = Clip::new(vec![left.clone(), right], 8_000).unwrap();
        for (mono, left) in clip.mono().iter().zip(&left) {
            assert!((mono - 0.25 * left).abs() < 1e-6);
        }
    }
}
