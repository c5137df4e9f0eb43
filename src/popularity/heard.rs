//! What the backbone hears of a song beyond its features, as the popularity model reads it: the
//! tags that name a sound.
//!
//! No public table pairs audio with popularity, so the model learns from scores that are simulated
//! from a song's genre with the errors the tagger is known to make (`train/src/popularity/hearing.rs`).
//! Tags of decades were tried too and left out: they end with the 2000s, and on real recordings
//! they made the order worse (MODEL_CARD.md).

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Scores are held to this range: what lies beyond is as clear as can be told.
pub const LOWEST: f32 = -4.0;
pub const HIGHEST: f32 = 6.0;

/// How far apart songs with and without a tag lie, in those deviations: two normal distributions
/// that far apart give the mean area under the ROC curve that is published for the tagger, .88
/// (Pons and Serra 2019, "musicnn: Pre-trained convolutional neural networks for music audio
/// tagging"). √2 · Φ⁻¹(.88).
pub const SEPARATION: f32 = 1.66;

/// A tag of the backbone that names a sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeardTag {
    /// As the backbone's manifest entry has it.
    pub name: &'static str,
    /// Mean of its logit over the tagger's own training songs
    /// (`train/labels/musicnn_population.json`).
    logit_mean: f32,
    /// How much the logit varies between songs that do not carry the tag: in proportion as over the
    /// tagger's training songs, the median over tags as in 540 segments of freely licensed music.
    logit_deviation: f32,
}

/// What is heard in a song. Opaque to callers: it comes out of an analysis and goes back into
/// further predictions of the same song.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Heard {
    /// One a tag of [`HEARD_TAGS`]: deviations above what songs without the tag score.
    pub scores: Vec<f32>,
}

impl Heard {
    /// From logits, each the mean over a song's windows, and their names; `None` where the
    /// backbone lacks a tag.
    pub fn from_logits(tags: &[String], logits: &[f32]) -> Option<Self> {
        let scores = HEARD_TAGS
            .iter()
            .map(|tag| {
                let position = tags.iter().position(|name| name == tag.name)?;
                Some(tag.score(*logits.get(position)?))
            })
            .collect::<Option<_>>()?;
        Some(Self { scores })
    }

    pub(super) fn check(&self) -> Result<()> {
        let legal = self.scores.len() == HEARD_TAGS.len()
            && self
                .scores
                .iter()
                .all(|score| (LOWEST..=HIGHEST).contains(score));
        if legal {
            return Ok(());
        }
        Err(Error::InvalidInput {
            field: "heard".into(),
            actual: format!("{:?}", self.scores),
            expected: format!(
                "the {} scores of an analysis with the same models",
                HEARD_TAGS.len()
            ),
        })
    }
}

impl HeardTag {
    /// The logit mean lies above that of songs without the tag by the share of those with it.
    fn score(&self, logit: f32) -> f32 {
        let share = 1.0 / (1.0 + (-self.logit_mean).exp());
        ((logit - self.logit_mean) / self.logit_deviation + share * SEPARATION)
            .clamp(LOWEST, HIGHEST)
    }
}

/// The backbone's tags that stand for genres of the training table; the order is part of the model's
/// input. Tags of decades, singers and taste are not among them.
#[rustfmt::skip]
pub const HEARD_TAGS: [HeardTag; 42] = [
    HeardTag { name: "rock", logit_mean: -1.88, logit_deviation: 0.73 },
    HeardTag { name: "pop", logit_mean: -2.69, logit_deviation: 0.81 },
    HeardTag { name: "alternative", logit_mean: -3.07, logit_deviation: 0.71 },
    HeardTag { name: "indie", logit_mean: -3.09, logit_deviation: 0.95 },
    HeardTag { name: "electronic", logit_mean: -3.93, logit_deviation: 1.21 },
    HeardTag { name: "dance", logit_mean: -4.86, logit_deviation: 1.26 },
    HeardTag { name: "alternative rock", logit_mean: -4.23, logit_deviation: 0.92 },
    HeardTag { name: "jazz", logit_mean: -4.31, logit_deviation: 1.33 },
    HeardTag { name: "beautiful", logit_mean: -4.69, logit_deviation: 0.68 },
    HeardTag { name: "metal", logit_mean: -5.41, logit_deviation: 1.40 },
    HeardTag { name: "chillout", logit_mean: -4.83, logit_deviation: 1.12 },
    HeardTag { name: "classic rock", logit_mean: -4.19, logit_deviation: 1.07 },
    HeardTag { name: "soul", logit_mean: -4.40, logit_deviation: 1.28 },
    HeardTag { name: "indie rock", logit_mean: -4.39, logit_deviation: 1.03 },
    HeardTag { name: "Mellow", logit_mean: -4.88, logit_deviation: 0.81 },
    HeardTag { name: "electronica", logit_mean: -5.25, logit_deviation: 1.15 },
    HeardTag { name: "folk", logit_mean: -4.24, logit_deviation: 1.17 },
    HeardTag { name: "chill", logit_mean: -5.17, logit_deviation: 0.82 },
    HeardTag { name: "instrumental", logit_mean: -4.66, logit_deviation: 1.46 },
    HeardTag { name: "punk", logit_mean: -4.97, logit_deviation: 1.41 },
    HeardTag { name: "oldies", logit_mean: -5.47, logit_deviation: 1.47 },
    HeardTag { name: "blues", logit_mean: -4.65, logit_deviation: 1.42 },
    HeardTag { name: "hard rock", logit_mean: -5.05, logit_deviation: 1.23 },
    HeardTag { name: "ambient", logit_mean: -5.58, logit_deviation: 1.31 },
    HeardTag { name: "acoustic", logit_mean: -5.03, logit_deviation: 1.19 },
    HeardTag { name: "experimental", logit_mean: -4.63, logit_deviation: 1.00 },
    HeardTag { name: "guitar", logit_mean: -4.93, logit_deviation: 0.94 },
    HeardTag { name: "Hip-Hop", logit_mean: -5.96, logit_deviation: 1.74 },
    HeardTag { name: "party", logit_mean: -5.91, logit_deviation: 0.78 },
    HeardTag { name: "country", logit_mean: -5.17, logit_deviation: 1.58 },
    HeardTag { name: "easy listening", logit_mean: -5.44, logit_deviation: 0.92 },
    HeardTag { name: "sexy", logit_mean: -5.75, logit_deviation: 0.73 },
    HeardTag { name: "catchy", logit_mean: -5.51, logit_deviation: 0.61 },
    HeardTag { name: "funk", logit_mean: -5.17, logit_deviation: 1.33 },
    HeardTag { name: "electro", logit_mean: -6.21, logit_deviation: 1.32 },
    HeardTag { name: "heavy metal", logit_mean: -6.15, logit_deviation: 1.46 },
    HeardTag { name: "Progressive rock", logit_mean: -4.52, logit_deviation: 1.08 },
    HeardTag { name: "rnb", logit_mean: -5.97, logit_deviation: 1.44 },
    HeardTag { name: "indie pop", logit_mean: -5.18, logit_deviation: 1.07 },
    HeardTag { name: "sad", logit_mean: -5.79, logit_deviation: 0.79 },
    HeardTag { name: "House", logit_mean: -6.82, logit_deviation: 1.56 },
    HeardTag { name: "happy", logit_mean: -5.99, logit_deviation: 0.72 },
];
