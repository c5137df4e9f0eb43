//! Tempo.

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tempo {
    /// Beats per minute, 40 to 220.
    pub bpm: f32,
    /// 0 (no pulse) to 1 (unmistakable).
    pub confidence: f32,
    /// Other readings a listener might tap, half or double among them, best first.
    pub alternates_bpm: Vec<f32>,
}

/// `mono` at 22 050 Hz.
pub fn estimate(mono_22050: &[f32]) -> Tempo {
    let _ = mono_22050;
    todo!("rhythm helper")
}
