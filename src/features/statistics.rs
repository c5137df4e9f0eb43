//! Frame statistics that agree with librosa's defaults, so that heads can learn from tables of them.

mod chroma;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::lanes::{LANES, dot, larger};
use crate::logarithm::log10;
use crate::mel::MelBank;
use crate::spectrogram::{Frame, Spectrogram};
use chroma::{ChromaBank, Tuning};

/// librosa's defaults (0.11): rate, transform, hop, mel bands.
const SAMPLE_RATE_HZ: u32 = 22_050;
const N_FFT: usize = 2048;
const HOP: usize = 512;
const N_MELS: usize = 128;
const N_MFCC: usize = 20;
/// `librosa.feature.spectral_rolloff(roll_percent=0.85)`.
const ROLLOFF: f32 = 0.85;
/// `librosa.power_to_db(amin=1e-10, top_db=80)`.
const LEAST_POWER: f32 = 1e-10;
const TOP_DB: f32 = 80.0;
/// `librosa.zero_crossings(threshold=1e-10)`: what is closer to zero counts as zero.
const ZERO: f32 = 1e-10;

/// Means and variances over frames of what librosa measures with its default settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f32>", into = "Vec<f32>")]
pub struct Statistics {
    values: [f32; Self::WIDTH],
}

impl From<Statistics> for Vec<f32> {
    fn from(statistics: Statistics) -> Self {
        statistics.values.to_vec()
    }
}

impl TryFrom<Vec<f32>> for Statistics {
    type Error = String;

    fn try_from(values: Vec<f32>) -> std::result::Result<Self, String> {
        let values = <[f32; Self::WIDTH]>::try_from(values)
            .map_err(|values| format!("{} statistics instead of {}", values.len(), Self::WIDTH))?;
        Ok(Self { values })
    }
}

impl Statistics {
    pub const WIDTH: usize = Self::NAMES.len();

    /// The slots, in the order of [`Statistics::to_array`]. Centroid, bandwidth and rolloff are in Hz
    /// (their variances in Hz²), rms is of full scale 1, zero crossings are a part of all samples,
    /// chroma's moments run over its twelve classes as well, and MFCC are of decibels.
    #[rustfmt::skip]
    pub const NAMES: [&str; 52] = [
        "chroma_stft_mean", "chroma_stft_var",
        "rms_mean", "rms_var",
        "spectral_centroid_mean", "spectral_centroid_var",
        "spectral_bandwidth_mean", "spectral_bandwidth_var",
        "rolloff_mean", "rolloff_var",
        "zero_crossing_rate_mean", "zero_crossing_rate_var",
        "mfcc1_mean", "mfcc1_var", "mfcc2_mean", "mfcc2_var",
        "mfcc3_mean", "mfcc3_var", "mfcc4_mean", "mfcc4_var",
        "mfcc5_mean", "mfcc5_var", "mfcc6_mean", "mfcc6_var",
        "mfcc7_mean", "mfcc7_var", "mfcc8_mean", "mfcc8_var",
        "mfcc9_mean", "mfcc9_var", "mfcc10_mean", "mfcc10_var",
        "mfcc11_mean", "mfcc11_var", "mfcc12_mean", "mfcc12_var",
        "mfcc13_mean", "mfcc13_var", "mfcc14_mean", "mfcc14_var",
        "mfcc15_mean", "mfcc15_var", "mfcc16_mean", "mfcc16_var",
        "mfcc17_mean", "mfcc17_var", "mfcc18_mean", "mfcc18_var",
        "mfcc19_mean", "mfcc19_var", "mfcc20_mean", "mfcc20_var",
    ];

    /// `mono` at 22 050 Hz. Holds its spectrogram, of 177 kB a second: meant for a passage.
    pub fn measure(mono_22050: &[f32]) -> Self {
        let mut spectrogram = Spectrogram::new(N_FFT, HOP);
        let mel_bank = MelBank::new(SAMPLE_RATE_HZ, N_FFT, N_MELS, SAMPLE_RATE_HZ as f32 / 2.0);
        let (bins, frames) = (N_FFT / 2 + 1, spectrogram.frame_count(mono_22050.len()));
        let mut powers = Vec::with_capacity(frames * bins);
        let mut mel_db = Vec::with_capacity((frames + LANES) * N_MELS);
        let mut tuning = Tuning::new(SAMPLE_RATE_HZ, N_FFT);
        let mut moments: [Moments; 6 + N_MFCC] = Default::default();
        let (frame_moments, mfcc_moments) = moments.split_at_mut(6);
        let crossings = Crossings::of(mono_22050);
        let mut magnitude = vec![0.0; bins];
        spectrogram.for_each_quartet(mono_22050, |mut quartet| {
            mel_bank.append(&quartet, &mut mel_db);
            for Frame { index, power } in quartet.frames() {
                for (magnitude, power) in magnitude.iter_mut().zip(power) {
                    *magnitude = power.sqrt();
                }
                let samples = samples_of(index, mono_22050.len());
                let shape = Shape::of(&magnitude);
                frame_moments[1].add(rms(&mono_22050[samples.clone()]));
                frame_moments[2].add(shape.centroid_hz);
                frame_moments[3].add(shape.bandwidth_hz);
                frame_moments[4].add(shape.rolloff_hz);
                frame_moments[5].add(crossings.rate(samples));
                tuning.add(power);
                powers.extend_from_slice(power);
            }
        });
        // Once more, because the chroma of the first frame depends on the tuning of the last.
        let chroma_bank = ChromaBank::new(SAMPLE_RATE_HZ, N_FFT, tuning.estimate());
        for power in powers.chunks_exact(bins) {
            for class in chroma_bank.chroma(power) {
                frame_moments[0].add(class);
            }
        }
        for band in &mut mel_db {
            *band = decibels(*band);
        }
        add_mfcc(&mut mel_db, mfcc_moments);

        let mut values = [0.0; Self::WIDTH];
        for (pair, moments) in values.chunks_exact_mut(2).zip(&moments) {
            pair[0] = moments.mean as f32;
            pair[1] = moments.variance() as f32;
        }
        Self { values }
    }

    /// Statistics known from elsewhere, such as a table, in the order of [`Statistics::NAMES`].
    pub fn from_array(values: [f32; Self::WIDTH]) -> Self {
        Self { values }
    }

    /// In the order of [`Statistics::NAMES`].
    pub fn to_array(&self) -> Vec<f32> {
        self.values.to_vec()
    }
}

/// Running mean and variance (Welford 1962): stable, and no frame is kept.
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f32) {
        let value = f64::from(value);
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
    }

    /// Of the population, as `numpy.var`.
    fn variance(&self) -> f64 {
        self.squares / self.count.max(1.0)
    }
}

/// The samples of `length` that a frame covers without its padding.
fn samples_of(frame: usize, length: usize) -> Range<usize> {
    let end = (frame * HOP + N_FFT / 2).min(length);
    (frame * HOP).saturating_sub(N_FFT / 2).min(end)..end
}

/// Over the whole frame: the padding is silence.
fn rms(samples: &[f32]) -> f32 {
    (dot(samples, samples) / N_FFT as f32).sqrt()
}

/// How often a signal crosses zero up to each of its samples: frames overlap, and each has a share of it.
struct Crossings(Vec<u32>);

impl Crossings {
    fn of(signal: &[f32]) -> Self {
        let negative = |sample: f32| sample < -ZERO;
        let mut count = 0;
        let mut before = signal.first().is_some_and(|&first| negative(first));
        let counts = signal.iter().map(|&sample| {
            count += u32::from(negative(sample) != before);
            before = negative(sample);
            count
        });
        Self(counts.collect())
    }

    /// Of all samples of the frame; the padding repeats the outermost sample and never crosses.
    fn rate(&self, samples: Range<usize>) -> f32 {
        let crossings = match &self.0[samples] {
            [first, .., last] => last - first,
            _ => 0,
        };
        crossings as f32 / N_FFT as f32
    }
}

/// Where the magnitude of a frame lies; all zero in silence.
struct Shape {
    centroid_hz: f32,
    bandwidth_hz: f32,
    rolloff_hz: f32,
}

impl Shape {
    fn of(magnitude: &[f32]) -> Self {
        let hz = |bin: f64| bin * f64::from(SAMPLE_RATE_HZ) / N_FFT as f64;
        // All moments in one pass, as chains of additions that do not wait for each other.
        let (mut total, mut first, mut second) = (0.0_f64, 0.0_f64, 0.0_f64);
        let mut total_f32 = 0.0_f32;
        let mut bin = 0.0;
        for &magnitude in magnitude {
            total_f32 += magnitude;
            let magnitude = f64::from(magnitude);
            total += magnitude;
            first += bin * magnitude;
            second += bin * bin * magnitude;
            bin += 1.0;
        }
        // librosa leaves a frame as it is whose norm is below f32's smallest normal number.
        let norm = if total < f64::from(f32::MIN_POSITIVE) {
            1.0
        } else {
            total
        };
        let centroid = first / norm;
        // Of the squared distance from the centroid; f64 keeps what the difference cancels.
        let spread = (second - 2.0 * centroid * first + centroid * centroid * total) / norm;
        // In f32 like librosa's cumulative sum, which decides the bin.
        let threshold = ROLLOFF * total_f32;
        let mut sum = 0.0;
        let rolloff = magnitude.iter().position(|m| {
            sum += m;
            sum >= threshold
        });
        Self {
            centroid_hz: hz(centroid) as f32,
            bandwidth_hz: hz(spread.max(0.0).sqrt()) as f32,
            rolloff_hz: hz(rolloff.unwrap_or(0) as f64) as f32,
        }
    }
}

fn decibels(power: f32) -> f32 {
    10.0 * log10(larger(power, LEAST_POWER))
}

/// Orthonormal DCT-II of every frame of `mel_db`, cut off 80 dB below its loudest band.
fn add_mfcc(mel_db: &mut [f32], moments: &mut [Moments]) {
    let loudest = mel_db.iter().copied().fold(f32::NEG_INFINITY, larger);
    mel_db
        .iter_mut()
        .for_each(|band| *band = larger(*band, loudest - TOP_DB));
    let basis: Vec<Vec<f32>> = (0..N_MFCC).map(cosine).collect();
    for frame in mel_db.chunks_exact(N_MELS) {
        for (moments, cosine) in moments.iter_mut().zip(&basis) {
            moments.add(dot(frame, cosine));
        }
    }
}

fn cosine(order: usize) -> Vec<f32> {
    let scale = if order == 0 { 1.0 } else { 2.0 } / N_MELS as f64;
    (0..N_MELS)
        .map(|band| {
            let phase = std::f64::consts::PI * order as f64 * (band as f64 + 0.5) / N_MELS as f64;
            (scale.sqrt() * phase.cos()) as f32
        })
        .collect()
}
