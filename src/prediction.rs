//! What the pipeline answers: one plain, serialisable value for the page, the CLI and native callers.

use serde::Serialize;

use crate::error::Warning;
use crate::features::{Features, SignalFeatures};
use crate::popularity::Popularity;

/// Everything Foretune says of one song.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    pub duration_seconds: f64,
    pub popularity: Popularity,
    pub features: Features,
    /// Tempo, key and loudness in full, of which `features` repeats Spotify's part.
    pub signal: SignalFeatures,
    /// What the backbone hears, strongest first; scores are probabilities, 0 to 1.
    pub tags: Vec<(String, f32)>,
    pub warnings: Vec<Warning>,
    /// Version of the models that answered.
    pub model: String,
}
