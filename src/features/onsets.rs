//! Onset strength, and what each second of a song sounds like, from one pass of short frames.
//!
//! Onsets are the rises of a log mel spectrogram past its neighbourhood (SuperFlux: Böck & Widmer,
//! "Maximum filter vibrato suppression for onset detection", DAFx 2013); they are picked as by
//! Böck, Krebs & Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR
//! 2012. Centroid and flatness are those of Peeters, "A large set of audio features" (CUIDADO,
//! 2004), of each second's mean power spectrum (Welch, 1967): steadier than a mean over frames.

use crate::lanes::{LANES, Lanes, dot, larger};
use crate::logarithm::ln;
use crate::mel::MelBank;
use crate::spectrogram::{Quartet, Spectrogram};

pub const SAMPLE_RATE_HZ: u32 = 22_050;
/// 46 ms every 12 ms: short enough for a hi-hat, long enough to part bass from kick.
const N_FFT: usize = 1024;
const HOP: usize = 256;
pub const FRAMES_PER_MINUTE: f32 = 60.0 * SAMPLE_RATE_HZ as f32 / HOP as f32;
pub const MELS: usize = 40;
const MEL_TOP_HZ: f32 = 8_000.0;
/// Bands below this are bass and kick (to 500 Hz); from `HIGH_BAND`, cymbals and consonants
/// (above 1.7 kHz).
const LOW_BANDS: usize = 6;
const HIGH_BAND: usize = 20;
/// Frames between which energy must rise: as long as the analysis window's flank.
const RISE_FRAMES: usize = 2;
/// Level, in means of the song, that the logarithm turns from linear to logarithmic at: 1/100.
const COMPRESSION: f64 = 100.0;
/// Mean power of a band far below a 16-bit master's dither: silence, whose logarithm and shape
/// mean nothing.
const SILENCE: f64 = 1e-10;

/// An onset is the greatest of the strengths within 35 ms of it (Böck et al. take 30).
const PEAK_REACH_FRAMES: usize = 3;
/// Least strength of an onset: the rises, in natural logarithms, of all bands together. Steady
/// noise stays below it, and a single note of some bands' width does not.
const ONSET_STRENGTH: f32 = 6.0;

/// What lies above is the resampler's flank, whose lack of power would decide the flatness.
const FLATNESS_TOP_HZ: f32 = 10_000.0;

/// A song's onsets, and its seconds.
pub struct Onsets {
    /// One value a frame: of all bands, the low and the high ones, less the mean around.
    pub strength: [Vec<f32>; 3],
    /// Whole seconds, rounded: the last holds what remains.
    pub seconds: Vec<Second>,
}

/// The sound of one second.
#[derive(Debug, Clone, PartialEq)]
pub struct Second {
    /// Mean square of the samples.
    pub power: f64,
    /// Where the amplitude spectrum has its mean; 0 in silence.
    pub centroid_hz: f32,
    /// Geometric over arithmetic mean of the power spectrum to 10 kHz: 0 for a tone (and silence),
    /// 1 for white noise.
    pub flatness: f32,
    /// Mean over frames of the log mel power, relative to the song's mean.
    pub log_mel: [f32; MELS],
}

impl Onsets {
    /// `mono` at 22 050 Hz.
    pub fn measure(mono_22050: &[f32]) -> Self {
        let mut spectrogram = Spectrogram::new(N_FFT, HOP);
        let bank = MelBank::new(SAMPLE_RATE_HZ, N_FFT, MELS, MEL_TOP_HZ);
        let frames = spectrogram.frame_count(mono_22050.len());
        let mut mel = Vec::with_capacity((frames + LANES) * MELS);
        let mut seconds = Seconds::new(mono_22050);
        spectrogram.for_each_quartet(mono_22050, |quartet| {
            bank.append(&quartet, &mut mel);
            seconds.add(&quartet);
        });
        let mut seconds = seconds.finish();
        let mean = mel.iter().map(|&power| f64::from(power)).sum::<f64>() / mel.len() as f64;
        if mean < SILENCE {
            return Self {
                strength: [(); 3].map(|()| vec![0.0; frames]),
                seconds,
            };
        }
        // Relative to the song's mean, so that a louder master gives the same onsets.
        let scale = (COMPRESSION / mean) as f32;
        mel.iter_mut()
            .for_each(|power| *power = ln(1.0 + scale * *power));
        let last = seconds.len() - 1;
        for (second, sound) in seconds.iter_mut().enumerate() {
            sound.log_mel = mean_of_rows(&mel, frames_of(second, last, frames));
        }
        Self {
            strength: rises(&mel).map(|strength| centred(&strength)),
            seconds,
        }
    }

    /// When something is struck, plucked or sung anew, in order.
    pub fn onset_seconds(&self) -> impl Iterator<Item = f64> + '_ {
        let strength = &self.strength[0];
        let is_onset = |&at: &usize| {
            let end = (at + PEAK_REACH_FRAMES + 1).min(strength.len());
            let before = &strength[at.saturating_sub(PEAK_REACH_FRAMES)..at];
            strength[at] > ONSET_STRENGTH
                && before.iter().all(|other| *other < strength[at])
                && strength[at..end].iter().all(|other| *other <= strength[at])
        };
        (0..strength.len())
            .filter(is_onset)
            .map(|at| (at * HOP) as f64 / f64::from(SAMPLE_RATE_HZ))
    }
}

/// Frames whose middle lies in a second; all that remain in the last.
fn frames_of(second: usize, last: usize, frames: usize) -> std::ops::Range<usize> {
    let first = |second: usize| (second * SAMPLE_RATE_HZ as usize).div_ceil(HOP);
    let end = if second == last {
        frames
    } else {
        first(second + 1)
    };
    first(second).min(frames)..end.min(frames)
}

fn mean_of_rows(mel: &[f32], frames: std::ops::Range<usize>) -> [f32; MELS] {
    let scale = 1.0 / frames.len().max(1) as f32;
    let mut mean = [0.0; MELS];
    for row in mel[frames.start * MELS..frames.end * MELS].chunks_exact(MELS) {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += scale * value;
        }
    }
    mean
}

/// Sums the power spectra of one second at a time.
struct Seconds<'a> {
    mono: &'a [f32],
    count: usize,
    power: Vec<Lanes>,
    done: Vec<Second>,
}

impl<'a> Seconds<'a> {
    fn new(mono: &'a [f32]) -> Self {
        let rate = SAMPLE_RATE_HZ as usize;
        let count = ((mono.len() + rate / 2) / rate).max(1);
        Self {
            mono,
            count,
            power: vec![Lanes::ZERO; N_FFT / 2 + 1],
            done: Vec::with_capacity(count),
        }
    }

    fn add(&mut self, quartet: &Quartet<'_>) {
        let last = self.count - 1;
        let second_of = |lane: usize| {
            let sample = (quartet.first + lane) * HOP;
            (sample / SAMPLE_RATE_HZ as usize).min(last)
        };
        for second in second_of(0)..=second_of(quartet.count - 1) {
            if second > self.done.len() {
                self.close();
            }
            let belongs: [f32; LANES] = std::array::from_fn(|lane| {
                f32::from(lane < quartet.count && second_of(lane) == second)
            });
            let belongs = Lanes::load(&belongs);
            for (sum, &power) in self.power.iter_mut().zip(quartet.lanes()) {
                *sum = sum.mul_add(belongs, power);
            }
        }
    }

    fn close(&mut self) {
        let rate = SAMPLE_RATE_HZ as usize;
        let start = self.done.len() * rate;
        let end = if self.done.len() + 1 == self.count {
            self.mono.len()
        } else {
            start + rate
        };
        let samples = self.mono.get(start..end).unwrap_or_default();
        let squares: f64 = samples
            .chunks(HOP)
            .map(|chunk| f64::from(dot(chunk, chunk)))
            .sum();
        let power: Vec<f32> = self
            .power
            .iter()
            .map(|lanes| lanes.to_array().iter().sum())
            .collect();
        let (centroid_hz, flatness) = shape(&power);
        self.done.push(Second {
            power: squares / samples.len().max(1) as f64,
            centroid_hz,
            flatness,
            log_mel: [0.0; MELS],
        });
        self.power.fill(Lanes::ZERO);
    }

    fn finish(mut self) -> Vec<Second> {
        self.close();
        self.done
    }
}

/// Centroid in Hz and flatness of a power spectrum; both are the same at any level.
fn shape(power: &[f32]) -> (f32, f32) {
    let bin_hz = SAMPLE_RATE_HZ as f32 / N_FFT as f32;
    let mean = power.iter().sum::<f32>() / power.len() as f32;
    if f64::from(mean) < SILENCE {
        return (0.0, 0.0);
    }
    let (moment, total) =
        power
            .iter()
            .enumerate()
            .fold((0.0_f32, 0.0_f32), |(moment, total), (bin, power)| {
                let amplitude = power.sqrt();
                (moment + bin as f32 * amplitude, total + amplitude)
            });
    // Without 0 Hz, which is no sound.
    let band = &power[1..(FLATNESS_TOP_HZ / bin_hz) as usize];
    let count = band.len() as f32;
    let arithmetic = band.iter().sum::<f32>() / count;
    if arithmetic <= 0.0 {
        return (bin_hz * moment / total, 0.0);
    }
    let logarithms: f32 = band
        .iter()
        .map(|power| ln(larger(power / arithmetic, f32::MIN_POSITIVE)))
        .sum();
    (bin_hz * moment / total, (logarithms / count).exp().min(1.0))
}

/// Rises of the log mel power, summed over all bands, the low and the high ones.
fn rises(mel: &[f32]) -> [Vec<f32>; 3] {
    let frames = mel.len() / MELS;
    let mut strengths = [(); 3].map(|()| vec![0.0; frames]);
    // The lowest band's lower neighbour and the highest one's higher are silent.
    let mut past = [0.0; MELS + 2];
    let mut rises = [0.0; MELS];
    for frame in RISE_FRAMES..frames {
        let now = &mel[frame * MELS..][..MELS];
        past[1..=MELS].copy_from_slice(&mel[(frame - RISE_FRAMES) * MELS..][..MELS]);
        for band in (0..MELS).step_by(LANES) {
            // The greatest of three bands: a voice that glides is not an onset.
            let around = Lanes::load(&past[band..])
                .max(Lanes::load(&past[band + 1..]))
                .max(Lanes::load(&past[band + 2..]));
            let rise = Lanes::load(&now[band..]) - around;
            rise.max(Lanes::ZERO).store(&mut rises[band..]);
        }
        let [low, middle, high] = [
            &rises[..LOW_BANDS],
            &rises[LOW_BANDS..HIGH_BAND],
            &rises[HIGH_BAND..],
        ]
        .map(|rises| rises.iter().sum::<f32>());
        strengths[0][frame] = low + middle + high;
        strengths[1][frame] = low;
        strengths[2][frame] = high;
    }
    strengths
}

/// `values` less their mean over half a second to either side.
fn centred(values: &[f32]) -> Vec<f32> {
    let half = (FRAMES_PER_MINUTE / 120.0) as usize;
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0_f64;
    sums.push(sum);
    for value in values {
        sum += f64::from(*value);
        sums.push(sum);
    }
    values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let (first, end) = (at.saturating_sub(half), (at + half + 1).min(values.len()));
            value - ((sums[end] - sums[first]) / (end - first) as f64) as f32
        })
        .collect()
}
