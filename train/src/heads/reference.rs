//! The population that estimates are scaled to: every feature's distribution over a table of songs.

use anyhow::{Result, ensure};
use foretune::features::Feature;

use crate::table::Row;

/// Tables that draw evenly from a hundred genres whether or not a song is heard. So were the songs
/// chosen that the tagger was trained on (Bertin-Mahieux et al. 2011), and to be on the tagger's
/// scale is what the reference is for; tables of hits would be too danceable.
const SOURCES: &str = "114k";

/// Distributions of the seven perceptual features.
#[derive(Debug, Clone)]
pub struct Reference {
    /// One a feature, ascending.
    sorted: Vec<Vec<f64>>,
}

impl Reference {
    /// From the rows of the even tables; from all rows where there are none of those.
    pub fn of(rows: &[Row]) -> Result<Self> {
        let even: Vec<&Row> = rows
            .iter()
            .filter(|row| {
                row.source
                    .as_deref()
                    .is_some_and(|name| name.starts_with(SOURCES))
            })
            .collect();
        let chosen = if even.is_empty() {
            rows.iter().collect()
        } else {
            even
        };
        let all: Vec<&Row> = rows.iter().collect();
        let sorted: Vec<Vec<f64>> = Feature::PERCEPTUAL
            .iter()
            .map(|&feature| {
                // How many songs are instrumental differs most between tables: 15 in 100 where
                // genres are drawn evenly, 2 among hits. All tables together lie between (11).
                let instrumental = feature == Feature::Instrumentalness;
                let mut values: Vec<f64> = if instrumental { &all } else { &chosen }
                    .iter()
                    .filter_map(|row| row.features[feature as usize].map(f64::from))
                    .collect();
                values.sort_by(f64::total_cmp);
                values
            })
            .collect();
        ensure!(
            sorted.iter().all(|values| values.len() >= 2),
            "the table has no songs with perceptual features"
        );
        Ok(Self { sorted })
    }

    pub fn features(&self) -> &'static [Feature] {
        &Feature::PERCEPTUAL
    }

    /// The normal score of `value` among the reference's values of the feature at `position`:
    /// the middle of its ties, as a quantile of the standard normal distribution.
    pub fn score(&self, position: usize, value: f64) -> f64 {
        let values = &self.sorted[position];
        let below = values.partition_point(|&other| other < value);
        let through = values.partition_point(|&other| other <= value);
        let share = (below + through) as f64 / 2.0 / values.len() as f64;
        let edge = 0.5 / values.len() as f64;
        normal_quantile(share.clamp(edge, 1.0 - edge))
    }

    /// The value whose normal score is `score`.
    pub fn value(&self, position: usize, score: f64) -> f64 {
        let values = &self.sorted[position];
        let rank = normal_share(score) * (values.len() - 1) as f64;
        let low = values[rank.floor() as usize];
        let high = values[rank.ceil() as usize];
        low + (high - low) * rank.fract()
    }

    /// Normal scores of a song's seven features; `None` unless it has them all.
    pub fn scores_of(&self, row: &Row) -> Option<[f64; 7]> {
        let mut scores = [0.0; 7];
        for (position, &feature) in Feature::PERCEPTUAL.iter().enumerate() {
            scores[position] = self.score(position, f64::from(row.features[feature as usize]?));
        }
        Some(scores)
    }
}

/// Share of the standard normal distribution below `z`, within 1e-7 (Abramowitz and Stegun 26.2.17).
pub fn normal_share(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let polynomial = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() * polynomial;
    if z >= 0.0 { 1.0 - tail } else { tail }
}

/// Inverse of [`normal_share`], by bisection.
pub fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-6.0, 6.0);
    // 40 halvings of 12 are below 1e-10, finer than the share itself is known.
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if normal_share(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn row(value: f32) -> Row {
        Row {
            features: [Some(value); 11],
            year: None,
            duration_seconds: None,
            explicit: None,
            genre: None,
            artist_record: None,
            popularity: None,
            artist: None,
            source: None,
            split: None,
        }
    }

    #[test]
    fn normal_shares_are_those_of_the_tables() {
        // 1e-6 allows for the approximation's own 1e-7.
        for (z, share) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.959_964, 0.025)] {
            assert!((normal_share(z) - share).abs() < 1e-6);
            assert!((normal_quantile(share) - z).abs() < 1e-5);
        }
    }

    #[test]
    fn score_and_value_are_inverse() {
        let rows: Vec<Row> = (0..1001).map(|k| row(k as f32 / 1000.0)).collect();
        let reference = Reference::of(&rows).unwrap();
        for value in [0.05, 0.3, 0.5, 0.92] {
            let back = reference.value(2, reference.score(2, value));
            // A step of the thousand values.
            assert!((back - value).abs() < 1e-3, "{value} became {back}");
        }
    }

    #[test]
    fn ties_score_at_their_middle() {
        let rows: Vec<Row> = [0.0, 0.0, 0.0, 1.0].map(row).to_vec();
        let reference = Reference::of(&rows).unwrap();
        assert!((reference.score(0, 0.0) - normal_quantile(0.375)).abs() < 1e-9);
    }
}
