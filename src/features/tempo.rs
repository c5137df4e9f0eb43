//! Tempo: the periodicity of onsets, and a choice between the tempi that fit it.
//!
//! The autocorrelation of the onsets' strength, averaged over windows of twelve seconds so that
//! intros and drift do not smear it, gives candidates by a comb over its multiples (after Percival
//! & Tzanetakis, 2014). Which candidate a listener taps is a [choice](super::choice) between readings
//! of one rhythm, by the autocorrelation at simple ratios of the beat, the Fourier tempogram at simple
//! ratios of its frequency (both, after Peeters, 2007), and the tempo itself.

use rustfft::num_traits::Zero as _;
use serde::{Deserialize, Serialize};

use super::onsets::{FRAMES_PER_MINUTE, Onsets};
use super::signal_weights::TEMPO;
use crate::fourier::transform::{Bin, Transform};
use crate::lanes::{LANES, Lanes};

/// Twelve seconds: eight beats even at the slowest tempo.
const WINDOW_FRAMES: usize = 1024;
/// 7.4 s: four beats at 40 BPM and room around them.
const LAGS: usize = 640;

pub const SLOWEST_BPM: f32 = 40.0;
pub const FASTEST_BPM: f32 = 220.0;
/// The geometric centre of Spotify's tempi (mean of log2 over 121,000 songs is 117.5 BPM), which
/// is also the answer where there is no pulse at all.
const CENTRE_BPM: f32 = 118.0;

/// Beats (lags) and beat frequencies (Fourier) at which a candidate is examined.
const LAG_RATIOS: [f32; 11] = [
    0.25,
    1.0 / 3.0,
    0.5,
    2.0 / 3.0,
    0.75,
    1.0,
    4.0 / 3.0,
    1.5,
    2.0,
    3.0,
    4.0,
];
const FREQUENCY_RATIOS: [f32; 9] = [0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 1.0, 1.5, 2.0, 3.0, 4.0];
/// Full-band, low and high onsets, and four terms of the tempo alone.
pub const EVIDENCE: usize = 3 * (LAG_RATIOS.len() + FREQUENCY_RATIOS.len()) + 4;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tempo {
    /// Beats per minute, 40 to 220.
    pub bpm: f32,
    /// 0 (no pulse) to 1 (unmistakable).
    pub confidence: f32,
    /// Other readings a listener might tap, half or double among them, best first.
    pub alternates_bpm: Vec<f32>,
}

/// A tempo that fits the song's rhythm, and what speaks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub bpm: f32,
    pub evidence: [f32; EVIDENCE],
}

/// Where nothing repeats, the centre of all tempi with a confidence of 0.
pub fn estimate(onsets: &Onsets) -> Tempo {
    let rhythm = Rhythm::measure(onsets);
    let candidates = rhythm.candidates();
    let scores: Vec<f32> = candidates
        .iter()
        .map(|c| TEMPO.score(&c.evidence))
        .collect();
    let Some(best) = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])) else {
        return Tempo {
            bpm: CENTRE_BPM,
            confidence: 0.0,
            alternates_bpm: Vec::new(),
        };
    };
    let weights: Vec<f32> = scores.iter().map(|s| (s - scores[best]).exp()).collect();
    let certainty = 1.0 / weights.iter().sum::<f32>();
    let mut others: Vec<usize> = (0..scores.len()).filter(|&i| i != best).collect();
    others.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let bpm = rhythm.refine(candidates[best].bpm);
    let mut alternates_bpm: Vec<f32> = Vec::new();
    let halves = [bpm / 2.0, bpm * 2.0].into_iter();
    let rivals = others
        .iter()
        .filter(|&&i| weights[i] > MIN_RIVAL)
        .map(|&i| rhythm.refine(candidates[i].bpm));
    for other in rivals.chain(halves) {
        let known = alternates_bpm.iter().any(|known| near(*known, other));
        if (SLOWEST_BPM..=FASTEST_BPM).contains(&other) && !known && !near(bpm, other) {
            alternates_bpm.push(other);
        }
    }
    alternates_bpm.truncate(MAX_ALTERNATES);
    Tempo {
        bpm,
        confidence: certainty * rhythm.clarity(bpm),
        alternates_bpm,
    }
}

/// Odds against the best reading below which another is not worth naming.
const MIN_RIVAL: f32 = 0.02;
const MAX_ALTERNATES: usize = 3;

/// The field's tolerance for "the same tempo" (Gouyon et al., 2006).
fn near(a: f32, b: f32) -> bool {
    (a / b - 1.0).abs() < 0.04
}

/// Every tempo worth considering; empty where nothing repeats.
pub fn candidates(onsets: &Onsets) -> Vec<Candidate> {
    Rhythm::measure(onsets).candidates()
}

/// From 0.14 s, past the width of an onset, to 3 s, two beats at the slowest tempo.
const SCALING_LAGS: std::ops::Range<usize> = 12..260;

/// Autocorrelations of onset strength by lag in frames: full-band, low, high. Each is scaled to
/// its greatest value among [`SCALING_LAGS`].
struct Rhythm {
    bands: [Vec<f32>; 3],
    /// The full band's greatest value before scaling: a share of the onsets' power.
    strength: f32,
}

impl Rhythm {
    fn measure(onsets: &Onsets) -> Self {
        let mut bands = onsets.strength.each_ref().map(|band| autocorrelation(band));
        let peaks = bands
            .each_ref()
            .map(|lags| lags[SCALING_LAGS].iter().copied().fold(0.0_f32, f32::max));
        for (lags, peak) in bands.iter_mut().zip(peaks) {
            // Rounding alone leaves 1e-6; nothing that repeats is as weak as that.
            let scale = if peak > 1e-4 { 1.0 / peak } else { 0.0 };
            lags.iter_mut().for_each(|lag| *lag *= scale);
        }
        Self {
            bands,
            strength: peaks[0],
        }
    }

    /// The peaks of a comb over the full band, and simple ratios of the best of them.
    fn candidates(&self) -> Vec<Candidate> {
        if self.bands[0].iter().all(|&lag| lag == 0.0) {
            return Vec::new();
        }
        let steps = ((FASTEST_BPM / SLOWEST_BPM).ln() / 0.01) as usize;
        let grid: Vec<f32> = (0..=steps)
            .map(|step| SLOWEST_BPM * (0.01 * step as f32).exp())
            .collect();
        let comb: Vec<f32> = grid.iter().map(|&bpm| self.comb(bpm)).collect();
        let mut peaks: Vec<usize> = (1..steps)
            .filter(|&i| comb[i] >= comb[i - 1] && comb[i] > comb[i + 1])
            .collect();
        peaks.sort_unstable_by(|&a, &b| comb[b].total_cmp(&comb[a]));
        peaks.truncate(8);
        let mut tempi: Vec<f32> = peaks.iter().map(|&i| grid[i]).collect();
        for base in tempi.clone().into_iter().take(3) {
            for ratio in [2.0, 0.5, 3.0, 1.0 / 3.0, 1.5, 2.0 / 3.0, 4.0 / 3.0, 0.75] {
                let bpm = base * ratio;
                let known = tempi.iter().any(|t: &f32| (t / bpm).ln().abs() < 0.03);
                if (SLOWEST_BPM..=FASTEST_BPM).contains(&bpm) && !known {
                    tempi.push(bpm);
                }
            }
        }
        tempi
            .into_iter()
            .map(|bpm| Candidate {
                bpm,
                evidence: self.evidence(bpm),
            })
            .collect()
    }

    fn comb(&self, bpm: f32) -> f32 {
        let beat = FRAMES_PER_MINUTE / bpm;
        [(1.0, 1.0), (2.0, 0.7), (3.0, 0.3), (4.0, 0.5)]
            .iter()
            .map(|(beats, weight)| weight * peak_near(&self.bands[0], beats * beat))
            .sum()
    }

    fn evidence(&self, bpm: f32) -> [f32; EVIDENCE] {
        let beat = FRAMES_PER_MINUTE / bpm;
        let mut evidence = [0.0; EVIDENCE];
        let mut slots = evidence.iter_mut();
        let mut push = |value: f32| {
            if let Some(slot) = slots.next() {
                *slot = value;
            }
        };
        for band in &self.bands {
            for ratio in LAG_RATIOS {
                push(peak_near(band, ratio * beat));
            }
            for ratio in FREQUENCY_RATIOS {
                push(4.0 * fourier(band, ratio / beat));
            }
        }
        let octaves = (bpm / CENTRE_BPM).log2();
        push(octaves);
        push(octaves * octaves);
        push((-octaves - 0.5).max(0.0).powi(2));
        push((octaves - 0.4).max(0.0).powi(2));
        evidence
    }

    /// Follows the beat to its furthest measured multiple: a lag of eight beats fixes the tempo
    /// eight times as finely as one.
    fn refine(&self, bpm: f32) -> f32 {
        let band = &self.bands[0];
        let mut beat = FRAMES_PER_MINUTE / bpm;
        for beats in [1.0, 2.0, 4.0, 8.0] {
            let lag = beats * beat;
            // Half a tatum at most, lest the peak beside the right one be taken.
            let reach = (0.03 * lag).clamp(1.5, 0.12 * beat.max(12.5));
            if lag + reach + 1.0 >= self.reliable_lags() {
                break;
            }
            let (first, last) = ((lag - reach).ceil() as usize, (lag + reach) as usize);
            let Some(top) = (first..=last).max_by(|&a, &b| band[a].total_cmp(&band[b])) else {
                break;
            };
            let (left, middle, right) = (band[top - 1], band[top], band[top + 1]);
            if middle <= left || middle < right {
                continue;
            }
            let offset = 0.5 * (left - right) / (left - 2.0 * middle + right);
            beat = (top as f32 + offset) / beats;
        }
        (FRAMES_PER_MINUTE / beat).clamp(SLOWEST_BPM, FASTEST_BPM)
    }

    fn reliable_lags(&self) -> f32 {
        let last = self.bands[0].iter().rposition(|&lag| lag != 0.0);
        last.unwrap_or(0) as f32
    }

    /// How much of the onsets' power returns after a beat: from 0, reaching 1 where half of it
    /// does, as steady drums reach.
    fn clarity(&self, bpm: f32) -> f32 {
        let returned = self.strength * peak_near(&self.bands[0], FRAMES_PER_MINUTE / bpm);
        (2.0 * returned).clamp(0.0, 1.0)
    }
}

/// Greatest value of `lags` within 1.5 % (at least one frame) of `lag`; 0 beyond the end.
fn peak_near(lags: &[f32], lag: f32) -> f32 {
    let reach = (0.015 * lag).max(1.0);
    let end = (lags.len() - 2) as f32;
    if lag - reach >= end {
        return 0.0;
    }
    (0..5)
        .map(|step| {
            let at = (lag - reach + 0.5 * reach * step as f32).clamp(0.0, end);
            let index = at as usize;
            let fraction = at - index as f32;
            lags[index] + fraction * (lags[index + 1] - lags[index])
        })
        .fold(f32::MIN, f32::max)
}

/// Cosine transform of tapered `lags` at `frequency` in cycles a frame: by the theorem of Wiener
/// and Khinchin the power of the onsets there, the sum of the taper being one half.
fn fourier(lags: &[f32], frequency: f32) -> f32 {
    let (sine, cosine) = (std::f32::consts::TAU * frequency).sin_cos();
    let (taper_sine, taper_cosine) = (std::f32::consts::PI / lags.len() as f32).sin_cos();
    let (mut re, mut im, mut taper_re, mut taper_im) = (1.0_f32, 0.0_f32, 1.0_f32, 0.0_f32);
    let mut sum = 0.0;
    for lag in lags {
        sum += lag * 0.5 * (1.0 + taper_re) * re;
        (re, im) = (re * cosine - im * sine, re * sine + im * cosine);
        (taper_re, taper_im) = (
            taper_re * taper_cosine - taper_im * taper_sine,
            taper_re * taper_sine + taper_im * taper_cosine,
        );
    }
    sum / lags.len() as f32
}

/// Autocorrelation by lag, 1 at lag 0, unbiased, the mean over windows of twelve seconds that
/// overlap by half. A window without pulse adds little at any lag, so intros do not outvote the
/// song. Lags past three quarters of a short signal are 0.
fn autocorrelation(values: &[f32]) -> Vec<f32> {
    let length = WINDOW_FRAMES.min(values.len());
    let mut starts = vec![0];
    while let Some(&last) = starts.last()
        && last + length < values.len()
    {
        starts.push((last + WINDOW_FRAMES / 2).min(values.len() - length));
    }
    // Twice the window: linear, not circular, correlation.
    let mut transform = Transform::new(2 * WINDOW_FRAMES);
    let mut windows = vec![Bin::zero(); 2 * WINDOW_FRAMES];
    let mut powers = windows.clone();
    let mut mean = vec![0.0_f32; LAGS];
    let mut count = 0.0;
    // Four windows at a time.
    for starts in starts.chunks(LANES) {
        windows.fill(Bin::zero());
        for (at, &place) in transform.order()[..length].iter().enumerate() {
            let mut lanes = [0.0; LANES];
            for (lane, start) in lanes.iter_mut().zip(starts) {
                *lane = values[start + at];
            }
            windows[place].re = Lanes::load(&lanes);
        }
        transform.process(&mut windows);
        for (&place, bin) in transform.order().iter().zip(&windows) {
            powers[place] = Bin::new(bin.norm_sqr(), Lanes::ZERO);
        }
        // Powers are real and the same on both sides, so that this is the inverse too.
        transform.process(&mut powers);
        let of_nothing = powers[0].re.to_array();
        for (lane, energy) in of_nothing.into_iter().enumerate() {
            if energy <= 0.0 {
                continue;
            }
            let power = energy / length as f32;
            let lags = mean.iter_mut().zip(&powers).enumerate();
            for (lag, (sum, product)) in lags.take(length * 3 / 4) {
                *sum += product.re.to_array()[lane] / (length - lag) as f32 / power;
            }
            count += 1.0;
        }
    }
    if count > 0.0 {
        mean.iter_mut().for_each(|sum| *sum /= count);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::super::onsets::SAMPLE_RATE_HZ;
    use super::*;

    fn estimate(mono: &[f32]) -> Tempo {
        super::estimate(&Onsets::measure(mono))
    }

    /// Decaying bursts of noise every beat, from a fixed generator.
    fn clicks(bpm: f64, seconds: f64) -> Vec<f32> {
        let rate = f64::from(SAMPLE_RATE_HZ);
        let beat = 60.0 / bpm;
        let mut state = 7_u32;
        (0..(seconds * rate) as usize)
            .map(|n| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = state as f64 / f64::from(u32::MAX) - 0.5;
                (noise * (-(n as f64 / rate % beat) / 0.02).exp()) as f32
            })
            .collect()
    }

    #[test]
    fn steady_clicks_are_measured_to_half_a_percent() {
        for bpm in [72.3, 93.7, 120.0, 127.9, 151.2] {
            let tempo = estimate(&clicks(bpm, 30.0));
            // Bare clicks have no metre, so the octave may be another listener's.
            let readings = [1.0, 2.0, 0.5].map(|ratio| f64::from(tempo.bpm) / (ratio * bpm));
            let right = readings.iter().any(|ratio| (ratio - 1.0).abs() < 0.005);
            assert!(right, "{bpm}: {tempo:?}");
            assert!(tempo.confidence > 0.1, "{tempo:?}");
        }
    }

    #[test]
    fn gain_and_polarity_change_nothing() {
        let song = clicks(104.0, 20.0);
        let plain = estimate(&song);
        for gain in [-1.0, 0.05, 8.0_f32] {
            let scaled: Vec<f32> = song.iter().map(|sample| gain * sample).collect();
            let tempo = estimate(&scaled);
            // Rounding moves the peak's parabola by less than a ten-thousandth.
            assert!(
                (tempo.bpm / plain.bpm - 1.0).abs() < 1e-4,
                "{tempo:?} {plain:?}"
            );
        }
    }

    #[test]
    fn silence_and_scraps_are_answered_without_confidence() {
        for samples in [0, 1, 1_000, 66_150] {
            let tempo = estimate(&vec![0.0; samples]);
            assert_eq!((tempo.bpm, tempo.confidence), (CENTRE_BPM, 0.0));
            assert_eq!(tempo.alternates_bpm, Vec::<f32>::new());
        }
    }
}
