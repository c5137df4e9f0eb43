//! Fine chroma from spectral peaks.

use super::{Chroma, PITCH_CLASSES};
use crate::lanes::{dot, larger, loudest};
use crate::logarithm::ln;
use crate::spectrogram::Spectrogram;

pub const SAMPLE_RATE_HZ: f32 = 22_050.0;
/// 372 ms every 186 ms: parts semitones down to 60 Hz, and changes of chord.
const N_FFT: usize = 8192;
const HOP: usize = 4096;
const BIN_HZ: f32 = SAMPLE_RATE_HZ / N_FFT as f32;
/// From the bass's A1 to where cymbals and consonants outnumber harmonics.
const LOWEST_HZ: f32 = 55.0;
const HIGHEST_HZ: f32 = 3_500.0;
/// Peaks below this and their chord's bass agree more often than those above.
const BASS_TOP_HZ: f32 = 260.0;
/// Fundamentals a peak votes for, each with this share of the one before.
const HARMONICS: usize = 4;
const HARMONIC_SHARE: f32 = 0.6;
/// Power, relative to the frame's greatest, below which a peak is leakage or noise: -40 dB.
const PEAK_FLOOR: f32 = 1e-4;
/// Power, relative to the song's greatest, below which a frame is a fade or a gap: -60 dB.
const FRAME_FLOOR: f32 = 1e-6;
/// Power of a sine at -90 dBFS in a frame's bin: a song below it is silent.
const SILENCE: f32 = 5e-3;

/// Bins an octave of the fine chroma: ten cents each.
pub const FINE: usize = 120;
/// Standard deviation of the fold, in fine bins: a semitone's neighbour weighs under 1 %.
const FOLD_BINS: f32 = 3.0;

/// Fine chroma of the frames that sound.
pub struct Frames {
    /// `[frames, FINE]`, each frame's sum one.
    pub treble: Vec<f32>,
    /// Where the middle of each lies.
    pub seconds: Vec<f64>,
    /// Summed over frames.
    pub bass: Vec<f32>,
}

impl Frames {
    pub fn measure(mono: &[f32]) -> Option<Self> {
        let mut spectrogram = Spectrogram::of_low_bins(N_FFT, HOP, bin_below(HIGHEST_HZ) + 1);
        let frames = spectrogram.frame_count(mono.len());
        let mut treble = vec![0.0; frames * FINE];
        let mut basses = vec![0.0; frames * FINE];
        let mut peaks = Vec::with_capacity(frames);
        spectrogram.for_each(mono, |frame| {
            let range = frame.index * FINE..(frame.index + 1) * FINE;
            peaks.push(fine_chroma(
                frame.power,
                &mut treble[range.clone()],
                &mut basses[range],
            ));
        });
        let loudest = peaks.iter().copied().fold(0.0, f32::max);
        if loudest < SILENCE {
            return None;
        }
        let mut kept = Self {
            treble: Vec::with_capacity(treble.len()),
            seconds: Vec::with_capacity(frames),
            bass: vec![0.0; FINE],
        };
        let chromas = treble.chunks(FINE).zip(basses.chunks(FINE));
        for (index, (&peak, (treble, bass))) in peaks.iter().zip(chromas).enumerate() {
            let sum: f32 = treble.iter().sum();
            if peak <= FRAME_FLOOR * loudest || sum == 0.0 {
                continue;
            }
            let middle = (index * HOP) as f64 / f64::from(SAMPLE_RATE_HZ);
            kept.seconds.push(middle);
            kept.treble.extend(treble.iter().map(|value| value / sum));
            let sum: f32 = bass.iter().sum();
            if sum > 0.0 {
                for (total, value) in kept.bass.iter_mut().zip(bass) {
                    *total += value / sum;
                }
            }
        }
        (!kept.treble.is_empty()).then_some(kept)
    }
}

fn bin_below(hz: f32) -> usize {
    (hz / BIN_HZ) as usize
}

/// Adds the peaks of one frame to its chroma and bass chroma; gives the greatest power.
fn fine_chroma(power: &[f32], treble: &mut [f32], bass: &mut [f32]) -> f32 {
    let (first, end) = (bin_below(LOWEST_HZ), bin_below(HIGHEST_HZ));
    let loudest = loudest(&power[first..end]);
    let floor = (PEAK_FLOOR * loudest).max(f32::MIN_POSITIVE);
    for bin in first..end {
        let middle = power[bin];
        if middle < floor || middle <= power[bin - 1] || middle < power[bin + 1] {
            continue;
        }
        // A parabola through the logarithms finds a Hann-windowed sine to a hundredth of a bin.
        let [left, top, right] = [power[bin - 1], middle, power[bin + 1]]
            .map(|value| ln(larger(value, f32::MIN_POSITIVE)));
        let offset = 0.5 * (left - right) / (left - 2.0 * top + right);
        let frequency_hz = (bin as f32 + offset) * BIN_HZ;
        // The root of the amplitude: loud parts lead, soft ones are heard.
        let weight = (middle / loudest).sqrt().sqrt();
        let octaves = ln(frequency_hz / C0_HZ) * std::f32::consts::LOG2_E;
        if frequency_hz < BASS_TOP_HZ {
            vote(bass, octaves, weight);
        }
        // Harmonics at octaves vote for the same pitch class.
        let (mut share, mut same) = (weight, 0.0);
        for shift in HARMONIC_OCTAVES {
            if octaves - shift < LOWEST_VOTE_OCTAVES {
                break;
            }
            if shift == shift.trunc() {
                same += share;
            } else {
                vote(treble, octaves - shift, share);
            }
            share *= HARMONIC_SHARE;
        }
        vote(treble, octaves, same);
    }
    loudest
}

/// C0 in equal temperament at A4 = 440 Hz.
const C0_HZ: f32 = 16.351_598;
/// log2 of 1 to 4: how far above its fundamental a harmonic lies.
const HARMONIC_OCTAVES: [f32; HARMONICS] = [0.0, 1.0, 1.584_962_5, 2.0];
/// 50 Hz in octaves above C0.
const LOWEST_VOTE_OCTAVES: f32 = 1.612_5;

/// Adds `weight` at a pitch, shared by the two nearest bins.
fn vote(chroma: &mut [f32], octaves: f32, weight: f32) {
    let position = (octaves - octaves.floor()) * FINE as f32;
    let (bin, fraction) = (position as usize % FINE, position.fract());
    chroma[bin] += weight * (1.0 - fraction);
    chroma[(bin + 1) % FINE] += weight * fraction;
}

/// Gaussian weights that gather fine bins around the pitch classes of a tuning.
pub struct Fold([[f32; FINE]; PITCH_CLASSES]);

impl Fold {
    pub fn new(tuning_bins: f32) -> Self {
        let half = FINE as f32 / 2.0;
        Self(std::array::from_fn(|class| {
            let centre = 10.0 * class as f32 + tuning_bins;
            std::array::from_fn(|bin| {
                let distance = (bin as f32 - centre + half).rem_euclid(FINE as f32) - half;
                (-0.5 * (distance / FOLD_BINS).powi(2)).exp()
            })
        }))
    }

    pub fn apply(&self, fine: &[f32]) -> Chroma {
        std::array::from_fn(|class| dot(&self.0[class], fine))
    }
}
