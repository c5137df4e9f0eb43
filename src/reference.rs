//! Reference distributions: what a number means among the songs the model was trained on.
//!
//! Aggregates only: histograms and percentiles, never a row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::features::Feature;
use crate::model::{FileEntry, expect};

/// Version of the file's own layout.
pub const REFERENCE_FORMAT: u32 = 1;

/// Percentiles at which features are tabulated: p0.5, p5, p10 … p95, p99.5.
pub const FEATURE_PERCENTILES: usize = 21;

/// `models/reference.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    pub format: u32,
    /// Songs in the population.
    pub songs: u64,
    pub popularity: Histogram,
    /// By [`crate::genre::GenreGroup`] name.
    pub popularity_by_genre: BTreeMap<String, Histogram>,
    /// By [`era`] name.
    pub popularity_by_era: BTreeMap<String, Histogram>,
    /// By feature name, [`FEATURE_PERCENTILES`] values ascending.
    pub features: BTreeMap<String, Vec<f32>>,
    /// By genre group, then by feature name.
    pub features_by_genre: BTreeMap<String, BTreeMap<String, Vec<f32>>>,
}

/// Counts of songs by whole points of popularity, 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    pub counts: Vec<u32>,
}

/// Eras the model card and the reference distributions speak of.
pub const ERAS: [&str; 4] = ["before_1980", "1980_1999", "2000_2014", "2015_on"];

/// The era of a release year.
pub fn era(year: f32) -> &'static str {
    match year {
        year if year < 1980.0 => ERAS[0],
        year if year < 2000.0 => ERAS[1],
        year if year < 2015.0 => ERAS[2],
        _ => ERAS[3],
    }
}

impl Histogram {
    /// Popularities are whole points in every table known; what is not is rounded.
    pub fn count(popularities: impl IntoIterator<Item = f32>) -> Self {
        let mut counts = vec![0; 101];
        for popularity in popularities {
            counts[popularity.clamp(0.0, 100.0).round() as usize] += 1;
        }
        Self { counts }
    }

    pub fn songs(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// Share of songs below `popularity`, 0 to 100. The songs of one whole point count as spread
    /// evenly around it, so that the answer rises smoothly.
    pub fn percentile(&self, popularity: f32) -> f32 {
        let below: f64 = self
            .counts
            .iter()
            .enumerate()
            .map(|(point, count)| {
                let share = (f64::from(popularity) - point as f64 + 0.5).clamp(0.0, 1.0);
                share * f64::from(*count)
            })
            .sum();
        (100.0 * below / self.songs().max(1) as f64) as f32
    }
}

impl Reference {
    pub fn parse(entry: &FileEntry, content: &[u8]) -> Result<Self> {
        let incompatible = |actual: String| Error::ModelIncompatible {
            what: entry.file.clone(),
            expected: format!("reference distributions of format {REFERENCE_FORMAT}"),
            actual,
        };
        let reference: Self =
            serde_json::from_slice(content).map_err(|e| incompatible(e.to_string()))?;
        expect("reference format", &REFERENCE_FORMAT, &reference.format)?;
        let histograms = [&reference.popularity]
            .into_iter()
            .chain(reference.popularity_by_genre.values())
            .chain(reference.popularity_by_era.values());
        for histogram in histograms {
            expect("reference histogram", &101, &histogram.counts.len())?;
        }
        for feature in Feature::ALL {
            let found = reference.features.get(feature.name()).map_or(0, Vec::len);
            expect(
                "reference feature percentiles",
                &FEATURE_PERCENTILES,
                &found,
            )?;
        }
        Ok(reference)
    }

    /// The median of a feature in the population.
    pub fn median(&self, feature: Feature) -> f32 {
        self.features
            .get(feature.name())
            .and_then(|percentiles| percentiles.get(FEATURE_PERCENTILES / 2))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_rise_from_nothing_to_everything() {
        let histogram = Histogram::count([0.0, 0.0, 50.0, 100.0]);
        assert_eq!(histogram.percentile(0.0), 25.0);
        assert_eq!(histogram.percentile(25.0), 50.0);
        assert_eq!(histogram.percentile(50.0), 62.5);
        assert_eq!(histogram.percentile(99.4), 75.0);
        assert_eq!(histogram.percentile(100.5), 100.0);
    }

    #[test]
    fn eras_part_where_the_card_says() {
        assert_eq!(era(1979.0), "before_1980");
        assert_eq!(era(1980.0), "1980_1999");
        assert_eq!(era(2014.0), "2000_2014");
        assert_eq!(era(2015.0), "2015_on");
    }
}
