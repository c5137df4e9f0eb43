//! What the backbone would hear of a table's song, of which there is no audio: scores of its tags,
//! simulated from the song's genre.
//!
//! A song's genre names the tags it would carry. The tagger's score of a tag is drawn from one of two
//! normal distributions of unit deviation, [`SEPARATION`] apart, which is how often the tagger is
//! known to take one song for the other. Scores go together as they do over the tagger's own training
//! songs (`train/labels/musicnn_population.json`): what sounds like house sounds like dance too. So a
//! carried tag raises the tags that are heard with it, errors are shared, and forty tags tell no more
//! than nine independent ones would.

use anyhow::{Context as _, Result};
use foretune::popularity::heard::{HEARD_TAGS, HIGHEST, Heard, LOWEST, SEPARATION};
use ndarray::Array2;
use rand::Rng;
use serde::Deserialize;

use super::knowledge::{cholesky, normal};
use crate::heads::linear::solve;
use crate::heads::tags::carries;

/// How the tagger hears, ready to draw from.
#[derive(Debug, Clone)]
pub struct Hearing {
    /// Of the scores of [`HEARD_TAGS`].
    correlations: Vec<Vec<f32>>,
    /// Lower triangle with `factor · factorᵀ = correlations`.
    factor: Vec<Vec<f32>>,
}

/// Of the tagger's scores over its training songs.
#[derive(Deserialize)]
struct Scores {
    tags: Vec<String>,
    logit_correlation: Vec<Vec<f32>>,
}

/// Which of [`HEARD_TAGS`] songs of `genre` carry.
pub fn carried(genre: &str) -> Vec<bool> {
    HEARD_TAGS
        .iter()
        .map(|tag| carries(genre, tag.name))
        .collect()
}

impl Hearing {
    pub fn of_musicnn() -> Result<Self> {
        let scores: Scores =
            serde_json::from_str(include_str!("../../labels/musicnn_population.json"))
                .context("train/labels/musicnn_population.json")?;
        let positions = HEARD_TAGS
            .iter()
            .map(|tag| scores.tags.iter().position(|name| name == tag.name))
            .collect::<Option<Vec<_>>>()
            .context("musicnn lacks a tag")?;
        let correlations: Vec<Vec<f32>> = positions
            .iter()
            .map(|&a| {
                positions
                    .iter()
                    .map(|&b| scores.logit_correlation[a][b])
                    .collect()
            })
            .collect();
        Ok(Self {
            factor: cholesky(&correlations),
            correlations,
        })
    }

    /// The usual scores of a song that carries these of the tags: [`SEPARATION`] of those, and of
    /// the others what a linear regression on those expects.
    pub fn usual(&self, carried: &[bool]) -> Result<Vec<f32>> {
        let carried: Vec<usize> = (0..carried.len()).filter(|&tag| carried[tag]).collect();
        let among = Array2::from_shape_fn((carried.len(), carried.len()), |(a, b)| {
            f64::from(self.correlations[carried[a]][carried[b]])
        });
        let shift = Array2::from_elem((carried.len(), 1), f64::from(SEPARATION));
        let weights = solve(&among, shift)?;
        let usual = self.correlations.iter().map(|correlations| {
            let parts = carried.iter().zip(&weights);
            parts
                .map(|(&tag, &weight)| correlations[tag] * weight as f32)
                .sum()
        });
        Ok(usual.collect())
    }

    /// One hearing of a song with these usual scores.
    pub fn hear(&self, usual: &[f32], rng: &mut impl Rng) -> Heard {
        let normals: Vec<f32> = usual.iter().map(|_| normal(rng)).collect();
        let scores = self.factor.iter().zip(usual).map(|(factor, usual)| {
            let error: f32 = factor.iter().zip(&normals).map(|(f, n)| f * n).sum();
            (usual + error).clamp(LOWEST, HIGHEST)
        });
        Heard {
            scores: scores.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn position(name: &str) -> usize {
        HEARD_TAGS.iter().position(|tag| tag.name == name).unwrap()
    }

    #[test]
    fn a_carried_tag_outscores_another_as_often_as_published() {
        let hearing = Hearing::of_musicnn().unwrap();
        let (house, jazz) = (position("House"), position("jazz"));
        let carried = carried("deep-house");
        assert!(carried[house] && !carried[jazz]);
        let with = hearing.usual(&carried).unwrap();
        let without = vec![0.0; HEARD_TAGS.len()];
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let right = (0..4000)
            .filter(|_| {
                let heard = hearing.hear(&with, &mut rng);
                heard.scores[house] > hearing.hear(&without, &mut rng).scores[house]
            })
            .count();
        // The area under the ROC curve, .88; four standard deviations of 4000 draws are .021.
        let share = right as f64 / 4000.0;
        assert!((share - 0.88).abs() < 0.021, "{share}");
    }

    #[test]
    fn tags_that_sound_alike_are_heard_together() {
        let hearing = Hearing::of_musicnn().unwrap();
        let mut only_house = vec![false; HEARD_TAGS.len()];
        only_house[position("House")] = true;
        let usual = hearing.usual(&only_house).unwrap();
        assert!((usual[position("House")] - SEPARATION).abs() < 1e-5);
        assert!(usual[position("dance")] > 0.7 * SEPARATION);
        assert!(usual[position("guitar")] < 0.2 * SEPARATION);

        let nothing = hearing.usual(&[false; HEARD_TAGS.len()]).unwrap();
        assert_eq!(nothing, [0.0; HEARD_TAGS.len()]);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let heard: Vec<Heard> = (0..4000)
            .map(|_| hearing.hear(&nothing, &mut rng))
            .collect();
        let together = |a: &str, b: &str| {
            let product = |heard: &Heard| heard.scores[position(a)] * heard.scores[position(b)];
            heard.iter().map(product).sum::<f32>() / heard.len() as f32
        };
        // Four standard errors over 4000 draws are .09 of a variance, .063 of a correlation.
        assert!((together("House", "House") - 1.0).abs() < 0.09);
        assert!((together("House", "dance") - 0.83).abs() < 0.08);
        assert!(together("jazz", "rock").abs() < 0.12);
    }

    #[test]
    fn the_core_scores_logits_by_the_taggers_own_deviations() {
        let population: serde_json::Value =
            serde_json::from_str(include_str!("../../labels/musicnn_population.json")).unwrap();
        let numbers =
            |name: &str| -> Vec<f32> { serde_json::from_value(population[name].clone()).unwrap() };
        let tags: Vec<String> = serde_json::from_value(population["tags"].clone()).unwrap();
        let (mean, deviation) = (numbers("logit_mean"), numbers("logit_deviation"));
        let mut sorted = deviation.clone();
        sorted.sort_by(f32::total_cmp);
        let median = (sorted[24] + sorted[25]) / 2.0;
        let scores = |deviations: f32| {
            let logits: Vec<f32> = mean
                .iter()
                .zip(&deviation)
                .map(|(mean, deviation)| mean + deviations * 1.1 * deviation / median)
                .collect();
            Heard::from_logits(&tags, &logits).unwrap().scores
        };
        for (usual, one_above) in scores(0.0).iter().zip(scores(1.0)) {
            // The core keeps two digits of deviations of .6 and more.
            assert!((one_above - usual - 1.0).abs() < 0.02);
        }
    }
}
