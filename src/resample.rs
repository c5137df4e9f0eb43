//! Sample rate conversion.

use crate::error::Result;

/// `mono` at `to_hz`; length is `ceil(len · to / from)`, as librosa's.
pub fn resample(mono: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>> {
    let _ = (mono, from_hz, to_hz);
    todo!("dsp helper")
}
