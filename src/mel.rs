//! Mel spectrograms.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::lanes::{LANES, Lanes, quarters, turn};
use crate::logarithm::log10;
use crate::spectrogram::{Quartet, Spectrogram};

/// A log mel spectrogram: power mel with Slaney bands, then log10(scale · x + 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MelConfig {
    pub sample_rate_hz: u32,
    pub n_fft: usize,
    pub hop: usize,
    pub n_mels: usize,
    pub f_max_hz: f32,
    pub log_scale: f32,
}

impl MelConfig {
    /// What musicnn was trained on (`musicnn/configuration.py` and `extractor.py`).
    pub const BACKBONE: Self = Self {
        sample_rate_hz: 16_000,
        n_fft: 512,
        hop: 256,
        n_mels: 96,
        f_max_hz: 8_000.0,
        log_scale: 10_000.0,
    };

    /// Time from one frame to the next.
    pub fn hop_seconds(&self) -> f64 {
        self.hop as f64 / f64::from(self.sample_rate_hz)
    }
}

/// Planned once, used for every song.
pub struct MelSpectrogram {
    config: MelConfig,
    spectrogram: Spectrogram,
    bank: MelBank,
}

impl MelSpectrogram {
    pub fn new(config: MelConfig) -> Self {
        Self {
            config,
            spectrogram: Spectrogram::new(config.n_fft, config.hop),
            bank: MelBank::new(
                config.sample_rate_hz,
                config.n_fft,
                config.n_mels,
                config.f_max_hz,
            ),
        }
    }

    /// `signal` at the configuration's rate; `[frames, n_mels]`, frames centred as librosa's.
    pub fn log_mel(&mut self, signal: &[f32]) -> Array2<f32> {
        let frames = self.spectrogram.frame_count(signal.len());
        let mut rows = Vec::with_capacity((frames + LANES) * self.config.n_mels);
        self.push(signal, &mut rows);
        self.finish(&mut rows);
        // As many as were counted, by construction.
        Array2::from_shape_vec((frames, self.config.n_mels), rows).unwrap_or_default()
    }

    /// Appends the frames that are whole once `samples` follow what was pushed before.
    pub fn push(&mut self, samples: &[f32], rows: &mut Vec<f32>) {
        let (bank, first) = (&self.bank, rows.len());
        self.spectrogram
            .push(samples, |quartet| bank.append(&quartet, rows));
        log(self.config.log_scale, &mut rows[first..]);
    }

    /// Appends the last frames, which the end cuts, and is ready for another signal.
    pub fn finish(&mut self, rows: &mut Vec<f32>) {
        let (bank, first) = (&self.bank, rows.len());
        self.spectrogram
            .finish(|quartet| bank.append(&quartet, rows));
        log(self.config.log_scale, &mut rows[first..]);
    }
}

/// Many at a time, which is done by vectors.
fn log(scale: f32, bands: &mut [f32]) {
    for band in bands {
        *band = log10(scale * *band + 1.0);
    }
}

/// Triangular bands on Slaney's mel scale, each of the same area
/// (`librosa.filters.mel` with its defaults `htk=False, norm="slaney", fmin=0`).
pub struct MelBank {
    bands: Vec<Band>,
}

/// A band touches only a few neighbouring bins.
struct Band {
    first_bin: usize,
    weights: Vec<f32>,
}

impl Band {
    #[inline]
    fn sum(&self, powers: &[Lanes]) -> Lanes {
        let pairs = self.weights.iter().zip(&powers[self.first_bin..]);
        pairs.fold(Lanes::ZERO, |sum, (&weight, &power)| {
            sum.mul_add(Lanes::splat(weight), power)
        })
    }
}

impl MelBank {
    pub fn new(sample_rate_hz: u32, n_fft: usize, n_mels: usize, f_max_hz: f32) -> Self {
        let top = hz_to_mel(f64::from(f_max_hz));
        let edges: Vec<f64> = (0..n_mels + 2)
            .map(|i| mel_to_hz(top * i as f64 / (n_mels + 1) as f64))
            .collect();
        let bins = n_fft / 2 + 1;
        let bands = edges
            .windows(3)
            .map(|edge| {
                let height = |bin: usize| {
                    let hz = bin as f64 * f64::from(sample_rate_hz) / n_fft as f64;
                    let rise = (hz - edge[0]) / (edge[1] - edge[0]);
                    let fall = (edge[2] - hz) / (edge[2] - edge[1]);
                    (rise.min(fall) * 2.0 / (edge[2] - edge[0])).max(0.0) as f32
                };
                let first = (0..bins).find(|&bin| height(bin) > 0.0).unwrap_or(0);
                let end = (first..bins)
                    .find(|&bin| height(bin) <= 0.0)
                    .unwrap_or(bins);
                Band {
                    first_bin: first,
                    weights: (first..end).map(height).collect(),
                }
            })
            .collect();
        Self { bands }
    }

    /// Appends to `rows` the power in every band, from low to high, of one frame after the other; takes room
    /// there for four.
    pub fn append(&self, quartet: &Quartet<'_>, rows: &mut Vec<f32>) {
        let (first, width, count) = (rows.len(), self.bands.len(), quartet.count);
        rows.resize(first + LANES * width, 0.0);
        self.fill(quartet.lanes(), &mut rows[first..]);
        rows.truncate(first + count * width);
    }

    /// Four rows, of the powers of every bin.
    fn fill(&self, powers: &[Lanes], rows: &mut [f32]) {
        let band = |at: usize| self.bands[at].sum(powers);
        turn(self.bands.len(), band, quarters(rows));
    }
}

// Slaney's Auditory Toolbox (1998): linear to 1 kHz with 3 mel in 200 Hz, above it logarithmic with
// 27 steps for a factor of 6.4.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = BREAK_HZ / HZ_PER_MEL;

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn hz_to_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ {
        hz / HZ_PER_MEL
    } else {
        BREAK_MEL + (hz / BREAK_HZ).ln() / log_step()
    }
}

fn mel_to_hz(mel: f64) -> f64 {
    if mel < BREAK_MEL {
        mel * HZ_PER_MEL
    } else {
        BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mel_scale_is_its_own_inverse() {
        for hz in [0.0, 10.0, 999.9, 1000.0, 1000.1, 8000.0, 11_025.0] {
            let back = mel_to_hz(hz_to_mel(hz));
            // Rounding of f64 through a logarithm and back.
            assert!((back - hz).abs() < 1e-9, "{hz} came back as {back}");
        }
        // Six thousand four hundred hertz are 27 logarithmic steps above the break, by definition.
        assert!((hz_to_mel(6400.0) - 42.0).abs() < 1e-12);
    }

    #[test]
    fn every_band_of_the_backbone_hears_something() {
        let config = MelConfig::BACKBONE;
        let bank = MelBank::new(
            config.sample_rate_hz,
            config.n_fft,
            config.n_mels,
            config.f_max_hz,
        );
        let flat = vec![Lanes::splat(1.0); config.n_fft / 2 + 1];
        let mut bands = vec![0.0; LANES * config.n_mels];
        bank.fill(&flat, &mut bands);
        // Bands are narrower than a bin at the bottom of the scale, yet none is empty there.
        assert!(bands.iter().all(|&band| band > 0.0));
    }
}
