//! Where the tagger's training songs lie in its own embedding.
//!
//! The tagger was trained on the Million Song Dataset with batch normalisation over its two pools
//! and over its penultimate layer. The running means and variances it kept there are the means and
//! variances of the embedding over some 200,000 commercial recordings. They tell what is usual
//! without one of those recordings being at hand, and so they fix the zero and the unit of what is
//! learned here from other music. `train/labels/musicnn_population.py` reads them from the
//! published weights.

use anyhow::{Context as _, Result, ensure};
use ndarray::{Array2, ArrayView2, Axis, Slice};
use serde::Deserialize;

/// Deviations beyond this are as unusual as can be told. Two in a thousand of free music's are, and
/// reach 24 in single channels.
pub const LIMIT: f32 = 4.0;

/// Most channels of the pools never fire; what varies less than this is one of those.
const SILENT: f64 = 1e-4;

#[derive(Debug, Clone, Deserialize)]
pub struct Population {
    /// Max pool, then mean pool.
    pub pool_mean: Vec<f64>,
    pub pool_deviation: Vec<f64>,
    pub logit_mean: Vec<f64>,
}

impl Population {
    /// Of the channels of musicnn's pools that `channels` names, both pools alike.
    pub fn of_musicnn(channels: &[usize]) -> Result<Self> {
        let mut population: Self =
            serde_json::from_str(include_str!("../../labels/musicnn_population.json"))
                .context("train/labels/musicnn_population.json")?;
        ensure!(
            population.pool_mean.len() == population.pool_deviation.len(),
            "train/labels/musicnn_population.json: one deviation a mean is needed"
        );
        let width = population.pool_mean.len() / 2;
        ensure!(
            channels.iter().all(|&channel| channel < width),
            "musicnn's pools have {width} channels"
        );
        for values in [&mut population.pool_mean, &mut population.pool_deviation] {
            *values = [0, width]
                .into_iter()
                .flat_map(|pool| channels.iter().map(move |channel| pool + channel))
                .map(|position| values[position])
                .collect();
        }
        Ok(population)
    }

    pub fn embedding_width(&self) -> usize {
        self.logit_mean.len() + self.pool_mean.len()
    }

    /// Positions, within an embedding as the heads take it, of the channels that live.
    pub fn live(&self) -> Vec<usize> {
        (0..self.pool_deviation.len())
            .filter(|&channel| self.pool_deviation[channel] > SILENT)
            .map(|channel| self.logit_mean.len() + channel)
            .collect()
    }

    /// Of an embedding's position: what is usual, and by how much it varies.
    pub fn scale(&self, position: usize) -> (f64, f64) {
        let channel = position - self.logit_mean.len();
        (self.pool_mean[channel], self.pool_deviation[channel])
    }

    /// `[songs, live]`: live channels by how unusual they are, within [`LIMIT`].
    pub fn deviations(&self, embedding: ArrayView2<'_, f64>) -> Array2<f64> {
        let live = self.live();
        let limit = f64::from(LIMIT);
        let mut result = Array2::zeros((embedding.nrows(), live.len()));
        for (mut column, &position) in result.axis_iter_mut(Axis(1)).zip(&live) {
            let (mean, deviation) = self.scale(position);
            column.assign(
                &embedding
                    .column(position)
                    .mapv(|value| ((value - mean) / deviation).clamp(-limit, limit)),
            );
        }
        result
    }

    /// `[songs, tags]`
    pub fn logits(&self, embedding: ArrayView2<'_, f64>) -> Array2<f64> {
        embedding
            .slice_axis(Axis(1), Slice::from(..self.logit_mean.len()))
            .to_owned()
    }
}
