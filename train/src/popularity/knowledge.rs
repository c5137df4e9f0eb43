//! What the network is told of a song while it learns: parts are withheld at random, and features
//! are blurred as an estimate from audio would be.

use foretune::features::Feature;
use foretune::popularity::columns::{Block, Song};
use foretune::popularity::heard::Heard;
use rand::{Rng, RngExt as _};
use serde::{Deserialize, Serialize};

use super::hearing::Hearing;

/// How songs are shown in training and in calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnowledgeConfig {
    /// What a listener may have been told, with how often that happens.
    ///
    /// The shares matter: the tables leave a year or a genre out for whole collections of songs,
    /// so what is missing by nature tells something that what is withheld would blur.
    pub situations: Vec<Situation>,
    /// Chance that a block of the situation is withheld nevertheless, each on its own.
    pub omission: f64,
    /// Chance that a song is shown with estimated features.
    pub estimated: f64,
    /// Chance that a song with estimated features is shown without what is heard.
    pub unheard: f64,
    /// Chance that a song is shown without some of its features: any number from one to all.
    pub incomplete: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Situation {
    pub share: f64,
    pub told: Vec<Block>,
}

impl Default for KnowledgeConfig {
    fn default() -> Self {
        use Block::{Artist, Duration, Explicit, Genre, Year};
        let situation = |share, told: &[Block]| Situation {
            share,
            told: told.to_vec(),
        };
        Self {
            situations: vec![
                situation(0.18, &[]),
                situation(0.05, &[Duration]),
                situation(0.15, &[Year, Duration]),
                situation(0.20, &[Year, Duration, Genre]),
                situation(0.12, &[Year, Duration, Genre, Explicit]),
                situation(0.30, &[Year, Duration, Genre, Explicit, Artist]),
            ],
            omission: 0.05,
            estimated: 0.3,
            unheard: 0.2,
            incomplete: 0.12,
        }
    }
}

impl KnowledgeConfig {
    /// The song without some of its features, at times: as many withheld as not on average, so that
    /// coalitions of every size are met.
    pub fn withhold_features(&self, song: &mut Song, rng: &mut impl Rng) {
        if rng.random::<f64>() >= self.incomplete {
            return;
        }
        let withheld = rng.random_range(1..=song.features.len());
        for position in rand::seq::index::sample(rng, song.features.len(), withheld) {
            song.features[position] = None;
        }
    }

    /// The blocks that a song is shown without this time; what is heard comes with the features.
    pub fn withheld(&self, rng: &mut impl Rng) -> Vec<Block> {
        let total: f64 = self
            .situations
            .iter()
            .map(|situation| situation.share)
            .sum();
        let mut draw = rng.random::<f64>() * total;
        let told = self
            .situations
            .iter()
            .find(|situation| {
                draw -= situation.share;
                draw < 0.0
            })
            .map(|situation| situation.told.as_slice())
            .unwrap_or_default();
        Block::ALL
            .into_iter()
            .filter(|block| *block != Block::Heard)
            .filter(|block| !told.contains(block) || rng.random::<f64>() < self.omission)
            .collect()
    }
}

/// How features estimated from audio differ from Spotify's, as measured on the heads:
/// `models/feature_errors.json`.
///
/// For the nine features that are quantities, `estimate = intercept + slope · true + noise`, the
/// noise normal with `covariance`. An estimate that was trained to be close is drawn towards the
/// mean, so slopes lie below 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureErrors {
    pub format: u32,
    /// Where the figures come from.
    pub measured_on: String,
    /// Names of the nine features, in the order of the figures below.
    pub features: Vec<Feature>,
    pub intercept: Vec<f32>,
    pub slope: Vec<f32>,
    pub covariance: Vec<Vec<f32>>,
    /// Chances that the key and, apart from it, the mode are right.
    pub key_right: f64,
    pub mode_right: f64,
    /// Chances that the tempo is doubled or halved.
    pub tempo_doubled: f64,
    pub tempo_halved: f64,
}

/// [`FeatureErrors`], ready to draw from.
#[derive(Debug, Clone)]
pub struct Estimator {
    errors: FeatureErrors,
    /// Lower triangle with `factor · factorᵀ = covariance`.
    factor: Vec<Vec<f32>>,
    hearing: Hearing,
}

impl Estimator {
    pub fn new(errors: FeatureErrors) -> anyhow::Result<Self> {
        let size = errors.features.len();
        let fits = errors.intercept.len() == size
            && errors.slope.len() == size
            && errors.covariance.len() == size
            && errors.covariance.iter().all(|row| row.len() == size);
        anyhow::ensure!(
            fits,
            "feature errors: every figure must have {size} entries"
        );
        let factor = cholesky(&errors.covariance);
        Ok(Self {
            errors,
            factor,
            hearing: Hearing::of_musicnn()?,
        })
    }

    /// What the backbone would hear of a song whose tags usually score so.
    pub fn hear(&self, usual: &[f32], rng: &mut impl Rng) -> Heard {
        self.hearing.hear(usual, rng)
    }

    /// The song as it would look with features estimated from its audio. It must have them all.
    pub fn estimate(&self, song: &mut Song, rng: &mut impl Rng) {
        let mut features = song.features.map(Option::unwrap_or_default);
        let normals: Vec<f32> = self.factor.iter().map(|_| normal(rng)).collect();
        let tempo = Feature::Tempo as usize;
        let octave = rng.random::<f64>();
        if octave < self.errors.tempo_doubled {
            features[tempo] *= 2.0;
        } else if octave < self.errors.tempo_doubled + self.errors.tempo_halved {
            features[tempo] *= 0.5;
        }
        for (position, feature) in self.errors.features.iter().enumerate() {
            let noise: f32 = self.factor[position]
                .iter()
                .zip(&normals)
                .map(|(factor, normal)| factor * normal)
                .sum();
            let (low, high) = feature.range();
            let value = &mut features[*feature as usize];
            *value =
                (self.errors.intercept[position] + self.errors.slope[position] * *value + noise)
                    .clamp(low, high);
        }
        if rng.random::<f64>() >= self.errors.key_right {
            features[Feature::Key as usize] = rng.random_range(0..12_u8).into();
        }
        if rng.random::<f64>() >= self.errors.mode_right {
            let mode = &mut features[Feature::Mode as usize];
            *mode = 1.0 - *mode;
        }
        song.features = features.map(Some);
        song.estimated = true;
    }
}

/// Standard normal, by Box and Muller.
pub fn normal(rng: &mut impl Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    (radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
}

/// Lower triangle `L` with `L·Lᵀ = covariance`; a pivot that rounding made negative counts as 0.
pub fn cholesky(covariance: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let size = covariance.len();
    let mut lower = vec![vec![0.0_f32; size]; size];
    for (row, covariances) in covariance.iter().enumerate() {
        for (column, covariance) in covariances.iter().enumerate().take(row + 1) {
            let known: f32 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = covariance - known;
            lower[row][column] = if row == column {
                rest.max(0.0).sqrt()
            } else if lower[column][column] > 0.0 {
                rest / lower[column][column]
            } else {
                0.0
            };
        }
    }
    lower
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_factor_squares_to_the_covariance() {
        let covariance = vec![vec![4.0, 2.0], vec![2.0, 3.0]];
        let lower = cholesky(&covariance);
        for (row, covariances) in covariance.iter().enumerate() {
            for (column, covariance) in covariances.iter().enumerate() {
                let product: f32 = (0..2).map(|k| lower[row][k] * lower[column][k]).sum();
                // Rounding of single precision on values of a few units.
                assert!((product - covariance).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn situations_come_as_often_as_they_say() {
        let knowledge = KnowledgeConfig {
            situations: vec![
                Situation {
                    share: 1.0,
                    told: Block::ALL.to_vec(),
                },
                Situation {
                    share: 3.0,
                    told: vec![],
                },
            ],
            omission: 0.0,
            estimated: 0.0,
            unheard: 0.0,
            incomplete: 0.0,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let full = (0..4000)
            .filter(|_| knowledge.withheld(&mut rng).is_empty())
            .count();
        // 1000 expected; four standard deviations of a binomial are 110.
        assert!((890..1110).contains(&full), "{full}");
    }
}
