//! What the teacher hears, learned from its answers on free music.

use anyhow::Result;
use foretune::features::Feature;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::linear::{Ridge, correlation, deviation};
use super::population::Population;
use super::segments::Segments;

/// Features that the teacher learned as probabilities: their answers crowd at 0 and 1, so they are
/// learned as log-odds.
const LIKELIHOODS: [Feature; 3] = [
    Feature::Acousticness,
    Feature::Instrumentalness,
    Feature::Liveness,
];

/// Log-odds are kept within this, which is beyond what the teacher tells apart.
const LOG_ODDS_LIMIT: f64 = 7.0;

/// What the teacher would answer, as evidence: 0 at the population's mean, its standard deviation
/// over the population 1.
#[derive(Debug, Clone)]
pub struct Teacher {
    /// `[live, 7]`, on [`Population::deviations`].
    pub weights: Array2<f64>,
    /// Correlation with the teacher's own answers on collections left out of the fit.
    pub agreement: Vec<f64>,
}

impl Teacher {
    pub fn fit(segments: &Segments, population: &Population, penalty: f64) -> Result<Self> {
        let x = population.deviations(segments.embedding.view());
        let y = targets(segments.labels.view());
        let agreement = left_out_agreement(&segments.collection, &x, &y, penalty)?;

        let mut weights = Ridge::fit(x.view(), y.view(), penalty)?.weights;
        // How much the estimate varies over the population: the population's own deviation of
        // every channel (1, on this scale) with the correlations that free music shows.
        let spread = deviation(x.view()).mapv(|value| value.max(f64::MIN_POSITIVE));
        let standard = (&x - &super::linear::mean(x.view())) / &spread;
        let share = song_share(&spread);
        let swing = standard.dot(&weights);
        let unit = deviation(swing.view()).mapv(|value| value * share);
        weights /= &unit;
        Ok(Self { weights, agreement })
    }

    /// `[songs, 7]` from [`Population::deviations`].
    pub fn apply(&self, deviations: ArrayView2<'_, f64>) -> Array2<f64> {
        deviations.dot(&self.weights)
    }
}

/// The population's deviations are of single windows; pooled over a song they vary less. By how
/// much is taken from free music: the median channel's spread between segments.
fn song_share(spread: &Array1<f64>) -> f64 {
    let mut sorted = spread.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn targets(labels: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut y = labels.to_owned();
    for (position, feature) in Feature::PERCEPTUAL.iter().enumerate() {
        if LIKELIHOODS.contains(feature) {
            y.column_mut(position)
                .mapv_inplace(|p| (p / (1.0 - p)).ln().clamp(-LOG_ODDS_LIMIT, LOG_ODDS_LIMIT));
        }
    }
    y
}

fn left_out_agreement(
    collections: &[String],
    x: &Array2<f64>,
    y: &Array2<f64>,
    penalty: f64,
) -> Result<Vec<f64>> {
    let mut names: Vec<&String> = collections.iter().collect();
    names.sort();
    names.dedup();
    if names.len() < 2 {
        return Ok(vec![f64::NAN; y.ncols()]);
    }
    let mut answers = Array2::zeros(y.raw_dim());
    for name in names {
        let (out, kept): (Vec<usize>, Vec<usize>) =
            (0..collections.len()).partition(|&row| collections[row] == *name);
        let fitted = Ridge::fit(
            x.select(Axis(0), &kept).view(),
            y.select(Axis(0), &kept).view(),
            penalty,
        )?;
        let answer = fitted.apply(x.select(Axis(0), &out).view());
        for (row, answer) in out.iter().zip(answer.axis_iter(Axis(0))) {
            answers.row_mut(*row).assign(&answer);
        }
    }
    Ok((0..y.ncols())
        .map(|f| correlation(answers.column(f), y.column(f)))
        .collect())
}
