//! Sample rate conversion.
//!
//! Overlap-save convolution in the frequency domain: a block of input is transformed, multiplied
//! with the spectrum of a linear-phase low-pass filter, cut (or zero-padded) to the number of bins
//! that the output rate has, and transformed back. With block lengths in the exact ratio of the
//! rates this holds for every pair of integer rates, and because the filter is centred on zero
//! there is no delay to compensate.

#[cfg(target_arch = "wasm32")]
mod abreast;
#[cfg(not(target_arch = "wasm32"))]
mod one_by_one;

use std::ops::Range;

use crate::clip::{Clip, MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ, mix};
use crate::error::{Error, Result};
use crate::window::kaiser;
#[cfg(target_arch = "wasm32")]
use abreast::{BLOCKS_AT_ONCE, Converter};
#[cfg(not(target_arch = "wasm32"))]
use one_by_one::{BLOCKS_AT_ONCE, Converter};

/// Flat up to here, as a part of the lower rate's Nyquist frequency; the stop band starts at 1.
/// The filter is about 270 samples of the lower rate long, so that half of it still fits into one
/// period of 441:160 and 320:147, the common ratios.
const PASS_BAND: f64 = 0.95;

/// Attenuation of the stop band that the Kaiser window is designed for, and the level of the
/// pass-band ripple (5e-6, or 0.00005 dB). Below the noise of a 16-bit master.
const STOP_BAND_DB: f64 = 106.0;

/// Least transform length, in samples of the lower rate: long enough that the filter's margin
/// (270 samples) is an eighth of it, short enough that what is transformed at once stays in the cache.
const BLOCK: usize = 2048;

/// `mono` at `to_hz`; length is `ceil(len · to / from)`, as librosa's.
///
/// Flat within 0.001 dB to 0.95 of the lower rate's Nyquist frequency, at least 100 dB down above it.
pub fn resample(mono: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>> {
    resample_mean(&[mono], from_hz, to_hz)
}

/// The mean of the clip's channels at `to_hz`, as `resample(&clip.mono(), …)`, without a copy of the
/// song at its own rate.
pub fn resample_mono(clip: &Clip, to_hz: u32) -> Result<Vec<f32>> {
    let channels: Vec<&[f32]> = clip.channels().iter().map(Vec::as_slice).collect();
    resample_mean(&channels, clip.sample_rate_hz(), to_hz)
}

fn resample_mean(channels: &[&[f32]], from_hz: u32, to_hz: u32) -> Result<Vec<f32>> {
    let mut resampler = Resampler::new(from_hz, to_hz)?;
    let mut output = Vec::with_capacity(resampler.length(channels[0].len() as u64));
    resampler.push(channels, &mut output);
    resampler.finish(&mut output);
    Ok(output)
}

/// [`resample_mono`] of a song that comes in pieces; how it is cut makes no difference.
pub struct Resampler {
    /// In lowest terms.
    from: usize,
    to: usize,
    samples: u64,
    /// Output that has been given.
    given: usize,
    /// None where the rates are the same.
    blocks: Option<Blocks>,
}

impl Resampler {
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self> {
        for actual_hz in [from_hz, to_hz] {
            if !(MIN_SAMPLE_RATE_HZ..=MAX_SAMPLE_RATE_HZ).contains(&actual_hz) {
                return Err(Error::SampleRate {
                    actual_hz,
                    minimum_hz: MIN_SAMPLE_RATE_HZ,
                    limit_hz: MAX_SAMPLE_RATE_HZ,
                });
            }
        }
        let (from, to) = (from_hz as usize, to_hz as usize);
        let divisor = greatest_common_divisor(from, to);
        let (from, to) = (from / divisor, to / divisor);
        Ok(Self {
            from,
            to,
            samples: 0,
            given: 0,
            blocks: (from != to).then(|| Blocks::new(from, to)),
        })
    }

    /// What `samples` of input become.
    pub fn length(&self, samples: u64) -> usize {
        // At 192 kHz half an hour is 3.5e8 samples: times a rate this needs more than wasm's usize.
        (samples * self.to as u64).div_ceil(self.from as u64) as usize
    }

    /// Appends to `output` what follows from the next samples of every channel.
    pub fn push(&mut self, channels: &[&[f32]], output: &mut Vec<f32>) {
        let samples = channels[0].len();
        self.samples += samples as u64;
        let Some(blocks) = &mut self.blocks else {
            let start = output.len();
            output.resize(start + samples, 0.0);
            return mix(channels, 0, &mut output[start..]);
        };
        let before = output.len();
        let mut first = 0;
        while first < samples {
            let count = blocks.room().min(samples - first);
            mix(channels, first, blocks.next(count));
            first += count;
            blocks.convert(output);
        }
        self.given += output.len() - before;
    }

    /// Appends what is still owed: silence follows the song.
    pub fn finish(&mut self, output: &mut Vec<f32>) {
        let end = output.len() + self.length(self.samples).saturating_sub(self.given);
        if let Some(blocks) = &mut self.blocks {
            while output.len() < end {
                let room = blocks.room();
                blocks.next(room).fill(0.0);
                blocks.convert(output);
            }
            output.truncate(end);
        }
    }
}

/// The overlap-save convolution.
struct Blocks {
    converter: Converter,
    margin_in: usize,
    /// From the beginning of one block to that of the next.
    advance: usize,
    /// Of every block's output, what its margins do not spoil.
    kept: Range<usize>,
    /// The next blocks' input as far as it has come, from `margin_in` before what becomes output.
    input: Vec<f32>,
    filled: usize,
}

impl Blocks {
    /// Turns every `from` samples into `to`; the two have no common divisor.
    fn new(from: usize, to: usize) -> Self {
        let lower = from.min(to);
        let half_length = half_length();
        // Lengths in periods of the ratio: one period is `from` samples in and `to` samples out.
        let margin = (half_length / lower as f64).ceil() as usize;
        // A power of two, which transforms fastest and lets both have a Nyquist bin; twelve margins
        // at least, so that five sixths of every block are output.
        let periods = BLOCK.div_ceil(lower).max(12 * margin).next_power_of_two();
        let (block_in, block_out) = (periods * from, periods * to);
        let taps = taps(block_in, half_length, from as f64 / lower as f64);
        let advance = (periods - 2 * margin) * from;
        Self {
            converter: Converter::new(&taps, block_out),
            margin_in: margin * from,
            advance,
            kept: margin * to..(periods - margin) * to,
            // Silence comes before the song.
            input: vec![0.0; 2 * margin * from + BLOCKS_AT_ONCE * advance],
            filled: margin * from,
        }
    }

    /// How many samples the blocks still lack.
    fn room(&self) -> usize {
        self.input.len() - self.filled
    }

    /// Where the next `count` samples of the blocks go.
    fn next(&mut self, count: usize) -> &mut [f32] {
        let start = self.filled;
        self.filled += count;
        &mut self.input[start..start + count]
    }

    /// Appends the blocks' output to `output` if they are full, and goes on to the next.
    fn convert(&mut self, output: &mut Vec<f32>) {
        if self.room() > 0 {
            return;
        }
        self.converter
            .convert(&self.input, self.advance, self.kept.clone(), output);
        // Both margins are of the next block too.
        self.filled = 2 * self.margin_in;
        let start = self.input.len() - self.filled;
        self.input.copy_within(start.., 0);
    }
}

/// Half the filter's length in samples of the lower rate, after Kaiser's rule for the transition
/// band: N = (A - 7.95) / (2.285 Δω) (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.6).
fn half_length() -> f64 {
    let transition = (1.0 - PASS_BAND) * std::f64::consts::PI;
    (STOP_BAND_DB - 7.95) / (2.285 * transition) / 2.0
}

/// The filter as a block holds it, from its middle on and up to it: a Kaiser-windowed sinc, symmetric
/// about zero, so that its spectrum is real. Includes the 1 / length that unnormalised transforms leave
/// out.
///
/// `oversampling` is the input rate over the lower rate.
fn taps(block_in: usize, half_length: f64, oversampling: f64) -> Vec<f32> {
    let cutoff = (1.0 + PASS_BAND) / 2.0;
    let beta = 0.1102 * (STOP_BAND_DB - 8.7);
    let mut taps = vec![0.0; block_in];
    let reach = (half_length * oversampling) as usize;
    for n in 0..=reach {
        let time = n as f64 / oversampling;
        let window = kaiser(time / half_length, beta);
        let tap = cutoff / oversampling * sinc(cutoff * time) * window / block_in as f64;
        // In f32, which leaves a tenth of the ripple.
        let tap = tap as f32;
        taps[n] = tap;
        if n > 0 {
            taps[block_in - n] = tap;
        }
    }
    taps
}

fn sinc(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    if angle == 0.0 {
        1.0
    } else {
        angle.sin() / angle
    }
}

pub(crate) fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::f64::consts::TAU;

    /// Rates that browsers, files and telephones use, and two that share no divisor with ours.
    const RATES_HZ: [u32; 11] = [
        8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 47_999, 48_000, 88_200, 96_000, 192_000,
    ];
    const TARGETS_HZ: [u32; 2] = [16_000, 22_050];

    fn sine(frequency_hz: f64, rate_hz: u32, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|n| (TAU * frequency_hz * n as f64 / f64::from(rate_hz) + 0.3).sin() as f32)
            .collect()
    }

    /// The middle half: a sine that begins at once is no sine at its ends.
    fn middle(signal: &[f32]) -> &[f32] {
        &signal[signal.len() / 4..signal.len() * 3 / 4]
    }

    fn decibels(amplitude: f64) -> f64 {
        20.0 * amplitude.max(1e-12).log10()
    }

    fn pairs() -> impl Iterator<Item = (u32, u32)> {
        RATES_HZ
            .into_iter()
            .flat_map(|from| TARGETS_HZ.into_iter().map(move |to| (from, to)))
            .filter(|(from, to)| from != to)
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn sines_of_the_pass_band_come_out_as_the_same_sine_at_the_new_rate() {
        let (mut worst_gain, mut worst_error) = (0.0_f64, 0.0_f64);
        for (from, to) in pairs() {
            let nyquist = f64::from(from.min(to)) / 2.0;
            for part in [0.001, 0.05, 0.31, 0.7, 0.8, 0.9, 0.94] {
                let input = sine(part * nyquist, from, from as usize);
                let output = resample(&input, from, to).unwrap();
                let expected = sine(part * nyquist, to, output.len());
                let power = |s: &[f32]| s.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
                let (actual, ideal) = (middle(&output), middle(&expected));
                let gain = 10.0 * (power(actual) / power(ideal)).log10();
                worst_gain = worst_gain.max(gain.abs());
                let error = actual
                    .iter()
                    .zip(ideal)
                    .map(|(a, b)| f64::from(a - b).abs());
                worst_error = error.fold(worst_error, f64::max);
            }
        }
        println!(
            "ripple {worst_gain:.6} dB, residue {:.1} dB",
            decibels(worst_error)
        );
        // The design ripple is 0.00005 dB; the rest is f32.
        assert!(worst_gain < 0.001, "ripple {worst_gain} dB");
        // Covers delay, images and rounding at once: half a sample of delay would be 0 dB.
        assert!(
            decibels(worst_error) < -95.0,
            "residue {} dB",
            decibels(worst_error)
        );
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn sines_above_the_new_nyquist_frequency_vanish() {
        let mut worst = f64::NEG_INFINITY;
        for (from, to) in pairs().filter(|(from, to)| from > to) {
            let (low, high) = (f64::from(to) / 2.0, f64::from(from) / 2.0);
            for part in [0.0, 0.002, 0.02, 0.1, 0.3, 0.5, 0.75, 0.98] {
                let frequency = low + part * (high - low);
                let output = resample(&sine(frequency, from, from as usize), from, to).unwrap();
                let peak = middle(&output).iter().fold(0.0_f32, |p, x| p.max(x.abs()));
                worst = worst.max(decibels(f64::from(peak)));
            }
        }
        println!("stop band {worst:.1} dB");
        assert!(worst < -100.0, "stop band {worst} dB");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn length_is_exact_for_every_length() {
        for (from, to) in pairs() {
            for len in [0_usize, 1, 2, 159, 441, 1_764, 4_410, 50_001] {
                let output = resample(&vec![0.5; len], from, to).unwrap();
                let exact = (len as f64 * f64::from(to) / f64::from(from)).ceil() as usize;
                assert_eq!(output.len(), exact, "{len} samples, {from} to {to} Hz");
            }
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn block_borders_leave_no_seam() {
        // A constant is the signal on which any seam shows; 20 s cross hundreds of borders.
        for (from, to) in [(44_100, 16_000), (48_000, 22_050), (16_000, 22_050)] {
            let output = resample(&vec![0.5; from as usize * 20], from, to).unwrap();
            let worst = middle(&output)
                .iter()
                .fold(0.0_f32, |w, x| w.max((x - 0.5).abs()));
            assert!(worst < 3e-6, "{from} to {to} Hz: {worst}");
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn the_same_rate_changes_nothing() {
        let input = sine(440.0, 22_050, 999);
        assert_eq!(resample(&input, 22_050, 22_050).unwrap(), input);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn rates_outside_the_limits_are_refused() {
        for (from, to) in [(0, 16_000), (44_100, 0), (7_999, 16_000), (44_100, 192_001)] {
            let error = resample(&[0.0; 10], from, to).unwrap_err();
            assert_eq!(error.code(), "sample_rate");
        }
    }
}
