//! Split-conformal calibration of the quantiles, on artists the network was not trained on.

use foretune::popularity::LEVELS;
use foretune::popularity::calibration::Calibration;
use foretune::popularity::columns::Song;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::fit::{answer, shown};
use super::knowledge::{Estimator, KnowledgeConfig};
use super::network::Network;
use super::songs::Labelled;

/// How often every calibration song is shown, each time with other parts withheld.
const SIGHTS: usize = 8;

/// Fewest sights to calibrate a combination on its own; the 5 % level then rests on 25 of them.
const FEWEST: usize = 500;

/// One calibration a combination of what is known.
///
/// Songs are shown as in training, so a combination is calibrated both on songs that lack the
/// rest by nature and on songs from which it was withheld. The offset of a level is that
/// quantile of what is left after the network's own: added to it, the share of calibration songs
/// below is the level. Combinations too rare to say use the offsets of all sights together.
pub fn calibrate(
    network: &Network,
    songs: &[&Labelled],
    genre_terms: usize,
    knowledge: &KnowledgeConfig,
    estimator: &Estimator,
    seed: u64,
) -> Vec<Calibration> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Exact, estimated and heard about equally often: each is calibrated, whatever training saw
    // more of. Songs that lack features are not: see `Calibration`.
    let knowledge = KnowledgeConfig {
        estimated: 0.7,
        unheard: 0.3,
        incomplete: 0.0,
        ..knowledge.clone()
    };
    let mut sights: Vec<(Song, &[usize])> = Vec::new();
    let mut popularities = Vec::new();
    for _ in 0..SIGHTS {
        for labelled in songs {
            let song = shown(labelled, &knowledge, estimator, &mut rng);
            sights.push((song, labelled.genre_positions.as_slice()));
            popularities.push(labelled.popularity);
        }
    }
    let answers = answer(network, &sights, genre_terms);
    let all: Vec<usize> = (0..sights.len()).collect();
    let pooled = offsets(&all, &popularities, &answers);
    Calibration::identities(LEVELS.len())
        .into_iter()
        .map(|combination| {
            let fitting: Vec<usize> = all
                .iter()
                .copied()
                .filter(|&sight| combination.fits(&sights[sight].0))
                .collect();
            let offsets = if fitting.len() < FEWEST {
                pooled.clone()
            } else {
                offsets(&fitting, &popularities, &answers)
            };
            Calibration {
                offsets,
                ..combination
            }
        })
        .collect()
}

/// What to add to every level of `answers` so that its share of the `sights`' popularities lies below.
pub fn offsets(sights: &[usize], popularities: &[f32], answers: &[Vec<f32>]) -> Vec<f32> {
    (0..LEVELS.len())
        .map(|level| {
            let mut left: Vec<f32> = sights
                .iter()
                .map(|&sight| popularities[sight] - answers[sight][1 + level])
                .collect();
            left.sort_by(f32::total_cmp);
            let rank = (LEVELS[level] * left.len() as f32) as usize;
            // Whole points of popularity: a thousandth of one is more than can be known.
            (left.get(rank).copied().unwrap_or_default() * 1e3).round() / 1e3
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
        let offsets = offsets(&sights, &popularities, &answers);
        for (level, offset) in LEVELS.iter().zip(offsets) {
            // Whole points of popularity leave one point of play.
            assert!((50.0 + offset - 100.0 * level).abs() <= 1.0);
        }
    }
}
