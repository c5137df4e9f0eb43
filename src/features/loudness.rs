//! Loudness after EBU R128.

use serde::Serialize;

use crate::clip::Clip;
use crate::error::Result;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Loudness {
    pub integrated_lufs: f32,
    pub short_term_max_lufs: f32,
    pub range_lu: f32,
    pub true_peak_dbtp: f32,
    /// On the scale of Spotify's `loudness` feature.
    pub spotify_db: f32,
}

pub fn measure(clip: &Clip) -> Result<Loudness> {
    let _ = clip;
    todo!("dsp helper")
}
