//! The eleven audio features, named and scaled as Spotify does.

pub mod choice;
pub mod curves;
pub mod key;
pub mod loudness;
pub mod onsets;
mod signal_weights;
pub mod statistics;
pub mod structure;
pub mod tempo;

use serde::{Deserialize, Serialize};

/// Raised whenever the meaning, order or scale of a feature changes; a model trained for
/// another version is refused at load.
pub const FEATURES_VERSION: u32 = 1;

/// A slot of a feature vector. The order is that of [`Features`] and of every model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    Danceability,
    Energy,
    Key,
    Loudness,
    Mode,
    Speechiness,
    Acousticness,
    Instrumentalness,
    Liveness,
    Valence,
    Tempo,
}

impl Feature {
    pub const ALL: [Self; 11] = [
        Self::Danceability,
        Self::Energy,
        Self::Key,
        Self::Loudness,
        Self::Mode,
        Self::Speechiness,
        Self::Acousticness,
        Self::Instrumentalness,
        Self::Liveness,
        Self::Valence,
        Self::Tempo,
    ];

    /// The seven that heads estimate from what the backbone hears, in the heads' output order.
    pub const PERCEPTUAL: [Self; 7] = [
        Self::Acousticness,
        Self::Danceability,
        Self::Energy,
        Self::Instrumentalness,
        Self::Liveness,
        Self::Speechiness,
        Self::Valence,
    ];

    /// Spotify's name, as used in tables, JSON and the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Danceability => "danceability",
            Self::Energy => "energy",
            Self::Key => "key",
            Self::Loudness => "loudness",
            Self::Mode => "mode",
            Self::Speechiness => "speechiness",
            Self::Acousticness => "acousticness",
            Self::Instrumentalness => "instrumentalness",
            Self::Liveness => "liveness",
            Self::Valence => "valence",
            Self::Tempo => "tempo",
        }
    }

    /// Legal range, inclusive. Key is a pitch class (0 = C … 11 = B), mode 0 minor or 1 major,
    /// loudness in dB, tempo in BPM, the others on 0..1.
    pub fn range(self) -> (f32, f32) {
        match self {
            Self::Key => (0.0, 11.0),
            Self::Loudness => (-60.0, 5.0),
            Self::Tempo => (0.0, 260.0),
            _ => (0.0, 1.0),
        }
    }
}

/// One song's eleven features in Spotify's units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Features {
    pub danceability: f32,
    pub energy: f32,
    pub key: u8,
    pub loudness: f32,
    pub mode: u8,
    pub speechiness: f32,
    pub acousticness: f32,
    pub instrumentalness: f32,
    pub liveness: f32,
    pub valence: f32,
    pub tempo: f32,
}

impl Features {
    /// The features as a vector in the order of [`Feature::ALL`].
    pub fn to_array(self) -> [f32; 11] {
        [
            self.danceability,
            self.energy,
            f32::from(self.key),
            self.loudness,
            f32::from(self.mode),
            self.speechiness,
            self.acousticness,
            self.instrumentalness,
            self.liveness,
            self.valence,
            self.tempo,
        ]
    }
}

/// What is computed from the signal rather than estimated by a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SignalFeatures {
    pub tempo: tempo::Tempo,
    pub key: key::Key,
    pub loudness: loudness::Loudness,
}
