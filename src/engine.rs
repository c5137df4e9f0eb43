//! The engine: every stage of a song's journey as a method, and `analyze`, which only composes them.

use std::sync::{Mutex, PoisonError};

use ndarray::{Array2, s};

use crate::backbone::{Backbone, Embedding};
use crate::clip::Clip;
use crate::error::{Error, Result};
use crate::features::statistics::Statistics;
use crate::features::{Features, SignalFeatures, key, loudness, tempo};
use crate::heads::Heads;
use crate::mel::{MelConfig, MelSpectrogram};
use crate::model::{Manifest, ModelFiles};
use crate::popularity::{Context, Popularity, PopularityModel};
use crate::prediction::Prediction;
use crate::resample::resample;

/// Rate at which tempo, key and statistics are computed: librosa's default.
pub const SIGNAL_RATE_HZ: u32 = 22_050;

/// Windows the backbone hears, spread evenly over the song. musicnn costs about a quarter of a
/// second a window in wasm, so a song is sampled rather than covered.
pub const MAX_WINDOWS: usize = 10;

