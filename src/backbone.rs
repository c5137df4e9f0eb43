//! The backbone CNN: what one window of mel spectrogram sounds like.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::mel::MelConfig;
use crate::model::{FileEntry, ModelFiles, OnnxModel, expect, verified};

/// The manifest's description of the backbone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackboneEntry {
    #[serde(flatten)]
    pub file: FileEntry,
    /// The spectrogram it was trained on.
    pub mel: MelConfig,
    pub window_frames: usize,
    /// Width of each of the two pools.
    pub pool_width: usize,
    /// Names of the logits, in order.
    pub tags: Vec<String>,
}

/// What the backbone says of one window, or the mean of that over windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Before the sigmoid, one a tag.
    pub logits: Vec<f32>,
    /// Maximum over time of every front-end channel.
    pub max_pool: Vec<f32>,
    /// Mean over time of every front-end channel.
    pub mean_pool: Vec<f32>,
}

impl Embedding {
    /// Element-wise mean; `None` when there is nothing to average.
    pub fn mean(windows: &[Self]) -> Option<Self> {
        let scale = 1.0 / windows.len() as f32;
        let mut mean = windows.first()?.clone();
        for window in &windows[1..] {
            add(&mut mean.logits, &window.logits);
            add(&mut mean.max_pool, &window.max_pool);
            add(&mut mean.mean_pool, &window.mean_pool);
        }
        for value in mean
            .logits
            .iter_mut()
            .chain(&mut mean.max_pool)
            .chain(&mut mean.mean_pool)
        {
            *value *= scale;
        }
        Some(mean)
    }
}

fn add(sum: &mut [f32], term: &[f32]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

#[derive(Debug)]
pub struct Backbone {
    model: OnnxModel,
    entry: BackboneEntry,
}

impl Backbone {
    pub fn load(entry: &BackboneEntry, files: &ModelFiles) -> Result<Self> {
        expect("backbone mel", &MelConfig::BACKBONE, &entry.mel)?;
        let content = verified(files, &entry.file)?;
        let model = OnnxModel::load(
            &entry.file,
            content,
            &[&[1, entry.window_frames, entry.mel.n_mels]],
        )?;
        Ok(Self {
            model,
            entry: entry.clone(),
        })
    }

    pub fn window_frames(&self) -> usize {
        self.entry.window_frames
    }

    /// Tag names, in the order of [`Embedding::logits`].
    pub fn tags(&self) -> &[String] {
        &self.entry.tags
    }

    /// `window` is `[window_frames, n_mels]` of log mel power as [`crate::mel`] makes it.
    pub fn embed(&self, window: ArrayView2<'_, f32>) -> Result<Embedding> {
        expect(
            "backbone window",
            &[self.entry.window_frames, self.entry.mel.n_mels].as_slice(),
            &window.shape(),
        )?;
        let input = window.as_standard_layout();
        let outputs = self.model.run(&[input.as_slice().unwrap_or_default()])?;
        // The graph's outputs: logits, penultimate, max_pool, mean_pool. The penultimate layer
        // transfers worst of all (MODEL_CARD.md), so it is not kept.
        let widths: Vec<usize> = outputs.iter().map(Vec::len).collect();
        let (tags, pool) = (self.entry.tags.len(), self.entry.pool_width);
        match <[Vec<f32>; 4]>::try_from(outputs) {
            Ok([logits, _, max_pool, mean_pool])
                if (logits.len(), max_pool.len(), mean_pool.len()) == (tags, pool, pool) =>
            {
                Ok(Embedding {
                    logits,
                    max_pool,
                    mean_pool,
                })
            }
            _ => Err(crate::Error::ModelIncompatible {
                what: "backbone outputs".into(),
                expected: format!("widths {tags}, any, {pool}, {pool}"),
                actual: format!("{widths:?}"),
            }),
        }
    }
}
