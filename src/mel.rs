//! Mel spectrograms.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

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
}

/// Planned once, used for every song.
pub struct MelSpectrogram {}

impl MelSpectrogram {
    pub fn new(config: MelConfig) -> Self {
        let _ = config;
        todo!("dsp helper")
    }

    /// `signal` at the configuration's rate; `[frames, n_mels]`, frames centred as librosa's.
    pub fn log_mel(&mut self, signal: &[f32]) -> Array2<f32> {
        let _ = signal;
        todo!("dsp helper")
    }
}
