#![doc = include_str!("README.md")]

pub mod backbone;
pub mod clip;
pub mod container;
pub mod engine;
pub mod error;
pub mod features;
mod fourier;
pub mod front_end;
pub mod genre;
pub mod heads;
pub mod intake;
mod lanes;
mod logarithm;
pub mod measurements;
pub mod mel;
pub mod model;
pub mod picture;
pub mod popularity;
pub mod prediction;
pub mod reference;
pub mod resample;
pub mod spectrogram;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod typescript;
#[cfg(target_arch = "wasm32")]
mod wasm;
mod window;

pub use clip::Clip;
pub use engine::{Analysis, Engine, Stage};
pub use error::{Error, Result, Warning};
pub use features::{Feature, Features};
pub use model::{Manifest, ModelFiles};
pub use popularity::{Context, Popularity};
pub use prediction::Prediction;
