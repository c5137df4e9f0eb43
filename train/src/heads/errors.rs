//! How estimated features differ from Spotify's, for the popularity model to learn with.
//!
//! The recordings that the heads are checked on must not shape any model, so the differences are
//! not taken from them. They follow from how reliable each head is expected to be, spread over the
//! songs of the table; how the errors of two features go together is measured on the labelled clips.

use anyhow::{Context as _, Result, ensure};
use foretune::features::Feature;
use ndarray::{Array1, Array2, ArrayView1};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::fitted::Heads;
use super::linear::{cholesky, correlation};
use super::reference::{Reference, normal_quantile};
use super::statistics::LabelledStatistics;
use crate::popularity::knowledge::FeatureErrors;
use crate::table::Row;

const FEATURES: usize = Feature::PERCEPTUAL.len();

/// Songs of the table that errors are drawn for; the figures repeat to three digits.
const SONGS: usize = 20_000;
const SEED: u64 = 1;

/// `known` with the seven perceptual features' figures replaced by the heads'.
pub fn of(
    heads: &Heads,
    reliability: &[f64],
    reference: &Reference,
    rows: &[Row],
    clips: &LabelledStatistics,
    known: FeatureErrors,
) -> Result<FeatureErrors> {
    let factor = cholesky(&noise_correlations(heads, reference, clips))?;
    let (truth, estimate) = draw(heads, reliability, reference, rows, &factor)?;
    let mut errors = known;
    let mut residuals: Vec<(usize, Array1<f64>)> = Vec::new();
    for (feature, name) in Feature::PERCEPTUAL.iter().enumerate() {
        let at = errors
            .features
            .iter()
            .position(|other| other == name)
            .with_context(|| format!("feature errors lack {}", name.name()))?;
        let (slope, intercept) = line(truth.column(feature), estimate.column(feature));
        errors.slope[at] = slope as f32;
        errors.intercept[at] = intercept as f32;
        residuals.push((
            at,
            &estimate.column(feature) - &(&truth.column(feature) * slope + intercept),
        ));
    }
    for (a, left) in &residuals {
        for (b, right) in &residuals {
            errors.covariance[*a][*b] = (left.dot(right) / left.len() as f64) as f32;
        }
    }
    errors.measured_on = format!(
        "Perceptual features: the heads' expected reliability ({}), over songs of the training table, \
         with the correlation of errors measured on {} labelled clips. Loudness, tempo, key and mode: \
         by assumption.",
        Feature::PERCEPTUAL
            .iter()
            .zip(reliability)
            .map(|(feature, r)| format!("{} {r:.2}", feature.name()))
            .collect::<Vec<_>>()
            .join(", "),
        clips.artist.len()
    );
    Ok(errors)
}

/// Correlation, between features, of what is left of the left-out estimates beyond the truth.
fn noise_correlations(
    heads: &Heads,
    reference: &Reference,
    clips: &LabelledStatistics,
) -> Array2<f64> {
    let rest: Vec<Array1<f64>> = (0..FEATURES)
        .map(|feature| {
            let truth = clips
                .features
                .column(feature)
                .mapv(|value| reference.score(feature, value));
            let estimate = heads.statistics.left_out.column(feature);
            let (slope, intercept) = line(truth.view(), estimate);
            &estimate - &(&truth * slope + intercept)
        })
        .collect();
    Array2::from_shape_fn((FEATURES, FEATURES), |(a, b)| {
        if a == b {
            1.0
        } else {
            correlation(rest[a].view(), rest[b].view())
        }
    })
}

/// True and estimated values, `[songs, 7]` each: a score of reliability r about a true score z is
/// `r² z + r √(1 − r²) n`, with n standard normal.
fn draw(
    heads: &Heads,
    reliability: &[f64],
    reference: &Reference,
    rows: &[Row],
    factor: &Array2<f64>,
) -> Result<(Array2<f64>, Array2<f64>)> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (mut truth, mut estimate) = (Vec::new(), Vec::new());
    for row in rows.iter().step_by(rows.len().div_ceil(SONGS).max(1)) {
        let Some(scores) = reference.scores_of(row) else {
            continue;
        };
        let independent = Array1::from_shape_fn(FEATURES, |_| {
            normal_quantile(rng.random::<f64>().clamp(1e-6, 1.0 - 1e-6))
        });
        let noise = factor.dot(&independent);
        for (feature, name) in Feature::PERCEPTUAL.iter().enumerate() {
            let r = reliability[feature];
            let score = r * r * scores[feature] + r * (1.0 - r * r).sqrt() * noise[feature];
            estimate.push(heads.value(feature, score));
            truth.push(f64::from(row.features[*name as usize].unwrap_or_default()));
        }
    }
    let songs = truth.len() / FEATURES;
    ensure!(
        songs > 1,
        "the table has no songs with all perceptual features"
    );
    Ok((
        Array2::from_shape_vec((songs, FEATURES), truth)?,
        Array2::from_shape_vec((songs, FEATURES), estimate)?,
    ))
}

/// Slope and intercept of the least squares line of `y` on `x`.
fn line(x: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> (f64, f64) {
    let (x_mean, y_mean) = (x.mean().unwrap_or_default(), y.mean().unwrap_or_default());
    let centred = &x - x_mean;
    let spread = centred.dot(&centred);
    let slope = if spread > 0.0 {
        centred.dot(&(&y - y_mean)) / spread
    } else {
        0.0
    };
    (slope, y_mean - slope * x_mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn line_is_found() {
        let x = array![0.0, 1.0, 3.0];
        let (slope, intercept) = line(x.view(), (&x * 2.0 - 1.0).view());
        assert!((slope - 2.0).abs() < 1e-12 && (intercept + 1.0).abs() < 1e-12);
    }
}
