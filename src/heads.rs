//! The heads: the seven perceptual features from what the backbone hears and what the signal measures.

use serde::{Deserialize, Serialize};

use crate::backbone::Embedding;
use crate::error::Result;
use crate::features::Feature;
use crate::features::statistics::Statistics;
use crate::model::{FileEntry, ModelFiles, OnnxModel, expect, verified};

/// The manifest's description of the heads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadsEntry {
    #[serde(flatten)]
    pub file: FileEntry,
    /// Widths of the graph's inputs: the embedding as [`Embedding::to_vec`] lays it out, and
    /// [`Statistics`].
    pub embedding_width: usize,
    pub statistics_width: usize,
    /// In the order of the graph's output.
    pub outputs: Vec<Feature>,
}

#[derive(Debug)]
pub struct Heads {
    model: OnnxModel,
}

impl Heads {
    pub fn load(entry: &HeadsEntry, files: &ModelFiles) -> Result<Self> {
        expect(
            "heads outputs",
            &Feature::PERCEPTUAL.to_vec(),
            &entry.outputs,
        )?;
        expect(
            "heads statistics",
            &Statistics::WIDTH,
            &entry.statistics_width,
        )?;
        let content = verified(files, &entry.file)?;
        let model = OnnxModel::load(
            &entry.file,
            content,
            &[&[1, entry.embedding_width], &[1, entry.statistics_width]],
        )?;
        Ok(Self { model })
    }

    /// The seven features in the order of [`Feature::PERCEPTUAL`], each on 0..1.
    pub fn estimate(&self, pooled: &Embedding, statistics: &Statistics) -> Result<[f32; 7]> {
        let outputs = self
            .model
            .run(&[&pooled.to_vec(), &statistics.to_array()])?;
        let found = outputs.first().map(Vec::as_slice).unwrap_or_default();
        <[f32; 7]>::try_from(found).map_err(|_| crate::Error::ModelIncompatible {
            what: "heads outputs".into(),
            expected: "7 values".into(),
            actual: format!("{} values", found.len()),
        })
    }
}
