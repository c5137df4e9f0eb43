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
    /// Which channels of the teacher's pools those are, ascending: tables of the teacher's embeddings
    /// are read by it.
    pub teacher_channels: Vec<usize>,
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
    pub fn mean<'a>(embeddings: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut embeddings = embeddings.into_iter();
        let mut mean = embeddings.next()?.clone();
        let mut count = 1.0;
        for embedding in embeddings {
            add(&mut mean.logits, &embedding.logits);
            add(&mut mean.max_pool, &embedding.max_pool);
            add(&mut mean.mean_pool, &embedding.mean_pool);
            count += 1.0;
        }
        for value in mean
            .logits
            .iter_mut()
            .chain(&mut mean.max_pool)
            .chain(&mut mean.mean_pool)
        {
            *value /= count;
        }
        Some(mean)
    }
}

fn add(sum: &mut [f32], term: &[f32]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

impl Embedding {
    /// Logits, max pool and mean pool one after another, as the heads take them.
    pub fn to_vec(&self) -> Vec<f32> {
        [self.logits.as_slice(), &self.max_pool, &self.mean_pool].concat()
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

    /// See [`BackboneEntry::teacher_channels`].
    pub fn teacher_channels(&self) -> &[usize] {
        &self.entry.teacher_channels
    }

    /// Length of [`Embedding::to_vec`].
    pub fn embedding_width(&self) -> usize {
        self.entry.tags.len() + 2 * self.entry.pool_width
    }

    /// The embedding that [`Embedding::to_vec`] laid out as `values`, which are
    /// [`Backbone::embedding_width`] long.
    pub fn embedding(&self, values: &[f32]) -> Embedding {
        let (logits, pools) = values.split_at(self.entry.tags.len().min(values.len()));
        let (max_pool, mean_pool) = pools.split_at(self.entry.pool_width.min(pools.len()));
        Embedding {
            logits: logits.to_vec(),
            max_pool: max_pool.to_vec(),
            mean_pool: mean_pool.to_vec(),
        }
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
        let widths: Vec<usize> = outputs.iter().map(Vec::len).collect();
        let (tags, pool) = (self.entry.tags.len(), self.entry.pool_width);
        match <[Vec<f32>; 3]>::try_from(outputs) {
            Ok([logits, max_pool, mean_pool])
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
                expected: format!("widths {tags}, {pool}, {pool}"),
                actual: format!("{widths:?}"),
            }),
        }
    }
}
