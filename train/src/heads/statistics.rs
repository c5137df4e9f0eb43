//! What signal statistics say, learned from clips with Spotify's own values.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use foretune::features::Feature;
use foretune::features::statistics::Statistics;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::linear::{Ridge, correlation, deviation, mean};
use super::reference::Reference;

/// Deviations beyond this are not followed further: the clips are few.
pub const LIMIT: f32 = 3.0;

/// Added before a logarithm is taken; far below any value of music.
pub const FLOOR: f32 = 1e-6;

/// Rows are left out in this many groups of artists, one after the other.
const FOLDS: usize = 10;

/// Clips with known features.
#[derive(Debug, Clone)]
pub struct LabelledStatistics {
    pub artist: Vec<String>,
    /// `[clips, Statistics::WIDTH]`
    pub statistics: Array2<f64>,
    /// `[clips, 7]`, 0..1.
    pub features: Array2<f64>,
}

impl LabelledStatistics {
    /// A table with the columns of [`Statistics::NAMES`], `artist` and `spotify_…`.
    pub fn read(path: &Path) -> Result<Self> {
        let mut reader = csv::Reader::from_path(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let header = reader.headers()?.clone();
        let column = |name: &str| {
            header
                .iter()
                .position(|found| found == name)
                .with_context(|| format!("{} has no column {name}", path.display()))
        };
        let artist_column = column("artist")?;
        let statistics_columns = Statistics::NAMES
            .iter()
            .map(|name| column(name))
            .collect::<Result<Vec<_>>>()?;
        let feature_columns = Feature::PERCEPTUAL
            .iter()
            .map(|feature| column(&format!("spotify_{}", feature.name())))
            .collect::<Result<Vec<_>>>()?;

        let (mut artist, mut statistics, mut features) = (Vec::new(), Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record?;
            let numbers = |columns: &[usize]| -> Option<Vec<f64>> {
                columns
                    .iter()
                    .map(|&at| {
                        record
                            .get(at)?
                            .parse()
                            .ok()
                            .filter(|value: &f64| value.is_finite())
                    })
                    .collect()
            };
            if let (Some(measured), Some(known)) =
                (numbers(&statistics_columns), numbers(&feature_columns))
            {
                artist.push(record.get(artist_column).unwrap_or_default().to_owned());
                statistics.extend(measured);
                features.extend(known);
            }
        }
        ensure!(!artist.is_empty(), "{} has no complete row", path.display());
        Ok(Self {
            statistics: Array2::from_shape_vec((artist.len(), Statistics::WIDTH), statistics)?,
            features: Array2::from_shape_vec((artist.len(), Feature::PERCEPTUAL.len()), features)?,
            artist,
        })
    }
}

/// A linear map of statistics and of their logarithms.
#[derive(Debug, Clone)]
pub struct Measures {
    /// `[2 · Statistics::WIDTH, measures]`: the statistics, then `ln(statistics + FLOOR)`.
    pub projection: Array2<f64>,
    pub mean: Array1<f64>,
    pub deviation: Array1<f64>,
}

impl Measures {
    /// Quantities without a sign are taken as logarithms, and their variances relative to the mean,
    /// so that gain and brightness move every clip by the same amount. How loud a clip is
    /// (`rms_mean`, `mfcc1_mean`) is left out: old clips and today's masters differ in level for
    /// reasons that have nothing to do with the music. Chroma is left out as a property of harmony
    /// that tells nothing of the seven features in these clips.
    fn columns() -> Array2<f64> {
        let names = Statistics::NAMES;
        let mut columns: Vec<Vec<(usize, f64)>> = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let logarithm = names.len() + at;
            let cepstral = name.starts_with("mfcc");
            if name.starts_with("chroma") || ["rms_mean", "mfcc1_mean"].contains(name) {
                continue;
            }
            columns.push(match (cepstral, name.ends_with("_var")) {
                (true, false) => vec![(at, 1.0)],
                (false, true) => vec![(logarithm, 1.0), (logarithm - 1, -2.0)],
                _ => vec![(logarithm, 1.0)],
            });
        }
        let mut projection = Array2::zeros((2 * names.len(), columns.len()));
        for (measure, parts) in columns.iter().enumerate() {
            for &(at, factor) in parts {
                projection[[at, measure]] = factor;
            }
        }
        projection
    }

    fn of(statistics: ArrayView2<'_, f64>) -> Self {
        let projection = Self::columns();
        let raw = with_logarithms(statistics).dot(&projection);
        Self {
            mean: mean(raw.view()),
            deviation: deviation(raw.view()).mapv(|value| value.max(1e-9)),
            projection,
        }
    }

    /// `[clips, measures]`, standardised and within [`LIMIT`].
    pub fn apply(&self, statistics: ArrayView2<'_, f64>) -> Array2<f64> {
        let limit = f64::from(LIMIT);
        let raw = with_logarithms(statistics).dot(&self.projection);
        ((raw - &self.mean) / &self.deviation).mapv(|value| value.clamp(-limit, limit))
    }
}

fn with_logarithms(statistics: ArrayView2<'_, f64>) -> Array2<f64> {
    let logarithms = statistics.mapv(|value| (value.max(0.0) + f64::from(FLOOR)).ln());
    let width = statistics.ncols();
    Array2::from_shape_fn((statistics.nrows(), 2 * width), |(row, at)| {
        if at < width {
            statistics[[row, at]]
        } else {
            logarithms[[row, at - width]]
        }
    })
}

/// The features' normal scores as far as statistics tell them, as evidence: 0 for the usual clip,
/// standard deviation 1 over the clips.
#[derive(Debug, Clone)]
pub struct StatisticsHead {
    pub measures: Measures,
    /// `[measures, 7]`
    pub weights: Array2<f64>,
    /// Correlation with the features' normal scores on artists left out of the fit.
    pub agreement: Vec<f64>,
    /// The left-out estimates of the normal scores, unscaled: `[clips, 7]`.
    pub left_out: Array2<f64>,
}

impl StatisticsHead {
    pub fn fit(clips: &LabelledStatistics, reference: &Reference, penalty: f64) -> Result<Self> {
        let y = Array2::from_shape_fn(clips.features.raw_dim(), |(row, feature)| {
            reference.score(feature, clips.features[[row, feature]])
        });
        let mut left_out = Array2::zeros(y.raw_dim());
        for (out, kept) in artist_folds(&clips.artist) {
            let kept_statistics = clips.statistics.select(Axis(0), &kept);
            let measures = Measures::of(kept_statistics.view());
            let fitted = Ridge::fit(
                measures.apply(kept_statistics.view()).view(),
                y.select(Axis(0), &kept).view(),
                penalty,
            )?;
            let statistics = clips.statistics.select(Axis(0), &out);
            let answer = fitted.apply(measures.apply(statistics.view()).view());
            for (row, answer) in out.iter().zip(answer.axis_iter(Axis(0))) {
                left_out.row_mut(*row).assign(&answer);
            }
        }
        let agreement = (0..y.ncols())
            .map(|f| correlation(left_out.column(f), y.column(f)))
            .collect();

        let measures = Measures::of(clips.statistics.view());
        let x = measures.apply(clips.statistics.view());
        let mut weights = Ridge::fit(x.view(), y.view(), penalty)?.weights;
        weights /= &deviation(x.dot(&weights).view()).mapv(|value| value.max(1e-9));
        Ok(Self {
            measures,
            weights,
            agreement,
            left_out,
        })
    }

    pub fn apply(&self, statistics: ArrayView2<'_, f64>) -> Array2<f64> {
        self.measures.apply(statistics).dot(&self.weights)
    }
}

/// Rows left out and rows kept, an artist's clips always together; artists are dealt out in the
/// order of their names, so that the folds do not depend on chance.
fn artist_folds(artists: &[String]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut names: Vec<&String> = artists.iter().collect();
    names.sort();
    names.dedup();
    let folds = FOLDS.min(names.len());
    (0..folds)
        .map(|fold| {
            (0..artists.len()).partition(|&row| {
                names
                    .binary_search(&&artists[row])
                    .is_ok_and(|position| position % folds == fold)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artists_stay_together_and_every_row_is_left_out_once() {
        let artists: Vec<String> = (0..40).map(|row| format!("artist {}", row % 13)).collect();
        let folds = artist_folds(&artists);
        let mut seen = vec![0; artists.len()];
        for (out, kept) in &folds {
            assert!(
                out.iter()
                    .all(|&a| kept.iter().all(|&b| artists[a] != artists[b]))
            );
            out.iter().for_each(|&row| seen[row] += 1);
        }
        assert!(seen.iter().all(|&count| count == 1));
    }

    #[test]
    fn gain_leaves_the_measures_alone() {
        // Twice the amplitude: rms doubles, its variance quadruples, and of the cepstrum only the
        // first mean moves.
        let quiet = Array2::from_shape_fn((1, Statistics::WIDTH), |(_, at)| 0.01 + at as f64 * 0.1);
        let mut loud = quiet.clone();
        for (at, name) in Statistics::NAMES.iter().enumerate() {
            loud[[0, at]] *= match *name {
                "rms_mean" => 2.0,
                "rms_var" => 4.0,
                "mfcc1_mean" => 0.5,
                _ => 1.0,
            };
        }
        let raw =
            |statistics: &Array2<f64>| with_logarithms(statistics.view()).dot(&Measures::columns());
        let largest = (raw(&quiet) - raw(&loud))
            .mapv(f64::abs)
            .fold(0.0, |a: f64, &b| a.max(b));
        // FLOOR shifts the logarithm of rms = 0.21 by 5e-6.
        assert!(largest < 1e-4, "{largest}");
    }
}
