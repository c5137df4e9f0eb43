//! Key and mode.

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Key {
    /// 0 = C … 11 = B.
    pub pitch_class: u8,
    /// 1 major, 0 minor.
    pub mode: u8,
    /// "F# minor".
    pub name: String,
    /// "11A".
    pub camelot: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Deviation of the tuning from A4 = 440 Hz.
    pub tuning_cents: f32,
}

/// `mono` at 22 050 Hz.
pub fn estimate(mono_22050: &[f32]) -> Key {
    let _ = mono_22050;
    todo!("rhythm helper")
}
