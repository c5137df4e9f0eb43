//! The two-stream popularity model: from features and context to a distribution of popularity.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::features::Features;
use crate::model::{FileEntry, ModelFiles, OnnxModel, verified};

/// What may be known of a song beside its sound. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    /// Release year, 1900 to 2100.
    pub year: Option<u16>,
    pub explicit: Option<bool>,
    /// Any of the usual genre names; an unknown one is answered as if it were left out.
    pub genre: Option<String>,
    /// Mean popularity of the artist's other songs, 0 to 100, this song not included.
    pub artist_usual_popularity: Option<f32>,
    /// How many other songs that mean is over.
    pub artist_other_songs: Option<u32>,
}

/// Predicted popularity, 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Popularity {
    pub mean: f32,
    pub p10: f32,
    pub p50: f32,
    pub p90: f32,
    /// Share of the reference population below `p50`, 0 to 100.
    pub percentile: f32,
    /// The whole predicted distribution, ascending in both fields.
    pub quantiles: Vec<Quantile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// 0 to 1.
    pub level: f32,
    /// 0 to 100.
    pub value: f32,
}

/// The manifest's description of the popularity model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopularityEntry {
    #[serde(flatten)]
    pub file: FileEntry,
}

#[derive(Debug)]
pub struct PopularityModel {
    model: OnnxModel,
}

impl PopularityModel {
    pub fn load(entry: &PopularityEntry, files: &ModelFiles) -> Result<Self> {
        let content = verified(files, &entry.file)?;
        let model = OnnxModel::load(&entry.file, content, &[&[1, 11]])?;
        Ok(Self { model })
    }

    pub fn predict(
        &self,
        features: &Features,
        duration_seconds: Option<f32>,
        context: &Context,
    ) -> Result<Popularity> {
        let _ = (&self.model, features, duration_seconds, context);
        todo!("models helper")
    }
}
