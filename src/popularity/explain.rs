//! Why a prediction is what it is: how many points each feature adds to it.

use serde::{Deserialize, Serialize};

use super::columns::{Block, Song};
use crate::error::Result;
use crate::features::Feature;

/// How p50 comes about, in points of popularity: `average + context + Σ points = p50`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Explanation {
    /// p50 of a song of which nothing is known.
    pub average: f32,
    /// What all that is known beside the features adds to it: year, genre, explicit, duration, the
    /// artist's other songs, and what is heard.
    pub context: f32,
    /// One a feature, in the order of [`Feature::ALL`].
    pub contributions: Vec<Contribution>,
    /// As predicted with everything known.
    pub p50: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Contribution {
    pub input: Feature,
    /// Its Shapley value; negative where the feature lowers the prediction.
    pub points: f32,
}

const FEATURES: usize = Feature::ALL.len();

/// The Shapley values (Shapley 1953) of the game whose players are the eleven features and whose
/// worth is p50 with the players' features known and the others unknown, given all the rest.
///
/// Exact, over all 2¹¹ coalitions: the model is asked what it would say if it were told just
/// those features, which it was trained for. No background sample stands in for what is unknown.
/// `p50` answers many songs at once.
pub(super) fn explain(
    song: &Song,
    p50: impl Fn(&[Song]) -> Result<Vec<f32>>,
) -> Result<Explanation> {
    // Before there are thousands of it.
    song.check()?;
    let coalitions: Vec<Song> = (0..1_usize << FEATURES)
        .map(|members| {
            let mut song = song.clone();
            for (position, feature) in song.features.iter_mut().enumerate() {
                if members & (1 << position) == 0 {
                    *feature = None;
                }
            }
            song
        })
        .collect();
    let nothing = Block::ALL
        .into_iter()
        .fold(coalitions[0].clone(), Song::without);
    let average = p50(&[nothing])?.first().copied().unwrap_or_default();
    let worths = p50(&coalitions)?;
    let points = shapley_values(FEATURES, &worths);
    Ok(Explanation {
        average,
        context: worths[0] - average,
        contributions: Feature::ALL
            .into_iter()
            .zip(points)
            .map(|(input, points)| Contribution {
                input,
                points: points as f32,
            })
            .collect(),
        p50: worths[worths.len() - 1],
    })
}

/// `worths` holds one value a coalition; bit `i` of its position says whether player `i` is in it.
fn shapley_values(players: usize, worths: &[f32]) -> Vec<f64> {
    // In a random order of all players, a given coalition of `size` others comes before a player
    // with the chance size! (players − 1 − size)! / players!.
    let mut weights = vec![1.0 / players as f64; players];
    for size in 1..players {
        weights[size] = weights[size - 1] * size as f64 / (players - size) as f64;
    }
    (0..players)
        .map(|player| {
            let bit = 1 << player;
            (0..worths.len())
                .filter(|coalition| coalition & bit == 0)
                .map(|coalition: usize| {
                    let gain = worths[coalition | bit] - worths[coalition];
                    weights[coalition.count_ones() as usize] * f64::from(gain)
                })
                .sum()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glove_game_is_shared_as_in_the_textbook() {
        // Players 0 and 1 hold left gloves, player 2 the right one; a pair is worth 1.
        let worths: Vec<f32> = (0..8_u8)
            .map(|coalition| f32::from(u8::from(coalition & 4 != 0 && coalition & 3 != 0)))
            .collect();
        let values = shapley_values(3, &worths);
        for (value, expected) in values.iter().zip([1.0 / 6.0, 1.0 / 6.0, 4.0 / 6.0]) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
    }
}
