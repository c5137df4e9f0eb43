//! Split-conformal calibration of the quantiles, on artists the network was not trained on.

use anyhow::Result;
use foretune::popularity::LEVELS;
use foretune::popularity::calibration::{Calibration, Sound};
use foretune::popularity::columns::{Block, Song};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::hearing;
use super::knowledge::{Estimator, KnowledgeConfig};
use super::songs::Labelled;

/// Sights of every song, beside the situations of training, from which each block is withheld or
/// not as a coin falls, and how much one of them counts: so that every combination is seen, yet the
/// usual ones decide.
const ANY: usize = 3;
const ANY_WEIGHT: f64 = 0.02;

/// Fewest sights to calibrate a combination on its own; the 5 % level then rests on 25 of them.
const FEWEST: usize = 500;

/// A song as it is shown, with the positions of its genre's terms.
pub type Sight<'a> = (Song, &'a [usize]);

/// Calibrates a network, known by its answers, with songs it was not trained on: one calibration a
/// combination of what is known.
///
/// Every song is shown with each kind of knowledge of its sound and in each situation of training,
/// counted by the situation's share: a combination is calibrated both on songs that lack the rest by
/// nature and on songs from which it was withheld. The offset of a level is that quantile of what is
/// left after the network's own: added to it, the share of calibration songs below is the level.
/// Combinations too rare to say use the offsets of all sights together. Songs that lack features
/// are not shown: see `Calibration`.
pub fn calibrate(
    answer: impl FnOnce(&[Sight<'_>]) -> Result<Vec<Vec<f32>>>,
    songs: &[&Labelled],
    knowledge: &KnowledgeConfig,
    estimator: &Estimator,
    seed: u64,
) -> Result<Vec<Calibration>> {
    let shown = Shown::of(songs, knowledge, estimator, seed);
    let answers = answer(&shown.sights)?;
    let all: Vec<usize> = (0..shown.sights.len()).collect();
    let pooled = offsets(&all, &answers, &shown.popularities, &shown.weights);
    let mut combinations = Calibration::identities(LEVELS.len());
    let mut fitting: Vec<Vec<usize>> = vec![Vec::new(); combinations.len()];
    for (sight, (song, _)) in shown.sights.iter().enumerate() {
        if let Some(position) = combinations.iter().position(|each| each.fits(song)) {
            fitting[position].push(sight);
        }
    }
    for (combination, fitting) in combinations.iter_mut().zip(&fitting) {
        combination.offsets = if fitting.len() < FEWEST {
            pooled.clone()
        } else {
            offsets(fitting, &answers, &shown.popularities, &shown.weights)
        };
    }
    Ok(combinations)
}

/// The calibration songs as they are shown, all of one length.
struct Shown<'a> {
    sights: Vec<Sight<'a>>,
    popularities: Vec<f32>,
    weights: Vec<f64>,
}

impl<'a> Shown<'a> {
    fn of(
        songs: &[&'a Labelled],
        knowledge: &KnowledgeConfig,
        estimator: &Estimator,
        seed: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut all = Self {
            sights: Vec::new(),
            popularities: Vec::new(),
            weights: Vec::new(),
        };
        for sound in Sound::ALL {
            for &labelled in songs {
                let mut song = labelled.song.clone();
                if sound != Sound::Exact {
                    estimator.estimate(&mut song, &mut rng);
                }
                if sound == Sound::Heard {
                    let Some(carried) = &labelled.carried else {
                        continue;
                    };
                    song.heard = Some(hearing::heard(carried, &mut rng));
                }
                for situation in &knowledge.situations {
                    let sight = told(&song, |block| situation.told.contains(&block));
                    all.push(labelled, sight, situation.share);
                }
                for _ in 0..ANY {
                    let sight = told(&song, |_| rng.random::<bool>());
                    all.push(labelled, sight, ANY_WEIGHT);
                }
            }
        }
        all
    }

    fn push(&mut self, labelled: &'a Labelled, sight: Song, weight: f64) {
        let terms = labelled.terms(&sight);
        self.sights.push((sight, terms));
        self.popularities.push(labelled.popularity);
        self.weights.push(weight);
    }
}

/// The song with only the blocks that are `kept`; what is heard comes with the features.
fn told(song: &Song, mut kept: impl FnMut(Block) -> bool) -> Song {
    Block::ALL
        .into_iter()
        .filter(|block| *block != Block::Heard && !kept(*block))
        .fold(song.clone(), Song::without)
}

/// What to add to every level of `answers` so that its share of the `sights`' popularities lies
/// below, each sight counted by its weight.
pub fn offsets(
    sights: &[usize],
    answers: &[Vec<f32>],
    popularities: &[f32],
    weights: &[f64],
) -> Vec<f32> {
    let total: f64 = sights.iter().map(|&sight| weights[sight]).sum();
    (0..LEVELS.len())
        .map(|level| {
            let mut left: Vec<(f32, f64)> = sights
                .iter()
                .map(|&sight| {
                    (
                        popularities[sight] - answers[sight][1 + level],
                        weights[sight],
                    )
                })
                .collect();
            left.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut below = f64::from(LEVELS[level]) * total;
            let offset = left.iter().find(|(_, weight)| {
                below -= weight;
                below < 0.0
            });
            // Whole points of popularity: a thousandth of one is more than can be known.
            (offset.or(left.last()).map_or(0.0, |(offset, _)| *offset) * 1e3).round() / 1e3
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_put_the_levels_share_of_songs_below() {
        let popularities: Vec<f32> = (0..=100).map(|popularity| popularity as f32).collect();
        // A network that answers 50 for every level and song.
        let answers = vec![vec![50.0; 1 + LEVELS.len()]; popularities.len()];
        let sights: Vec<usize> = (0..popularities.len()).collect();
        let even = vec![0.5; popularities.len()];
        let even = offsets(&sights, &answers, &popularities, &even);
        for (level, offset) in LEVELS.iter().zip(even) {
            // Whole points of popularity leave one point of play.
            assert!((50.0 + offset - 100.0 * level).abs() <= 1.0);
        }
        // With nothing but the upper half, as if the lower had never been shown.
        let upper: Vec<f64> = sights
            .iter()
            .map(|&sight| f64::from(u8::from(sight > 50)))
            .collect();
        let upper = offsets(&sights, &answers, &popularities, &upper);
        for (level, offset) in LEVELS.iter().zip(upper) {
            assert!((offset - 50.0 * level).abs() <= 1.0);
        }
    }
}
