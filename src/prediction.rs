//! What the pipeline answers: one plain, serialisable value for the page, the CLI and native callers.

use serde::Serialize;

use crate::error::Warning;
use crate::features::curves::Curves;
use crate::features::structure::Structure;
use crate::features::{Features, SignalFeatures};
use crate::popularity::Popularity;
use crate::popularity::heard::Heard;

/// Everything Foretune says of one song.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Prediction {
    pub duration_seconds: f64,
    pub popularity: Popularity,
    pub features: Features,
    /// Tempo, key and loudness in full, of which `features` repeats Spotify's part.
    pub signal: SignalFeatures,
    /// What each passage alone would be given, in the order of time.
    pub windows: Vec<WindowEstimate>,
    /// The sound over time, one value a second.
    pub curves: Curves,
    /// Where to listen first.
    pub structure: Structure,
    /// What the backbone hears, strongest first; scores are probabilities, 0 to 1.
    pub tags: Vec<(String, f32)>,
    /// What goes back into further predictions of this song beside its features; opaque.
    pub heard: Option<Heard>,
    pub warnings: Vec<Warning>,
    /// Version of the models that answered.
    pub model: String,
}

/// The popularity that one passage's sound would be given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WindowEstimate {
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// 0 to 100.
    pub p50: f32,
}
