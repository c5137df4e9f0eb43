//! How good predictions are: of a set of songs, and of the sets the model card speaks of.

use foretune::popularity::columns::Block;
use foretune::popularity::{LEVELS, P10, P50, P90};
use serde::{Deserialize, Serialize};

/// One song's truth and calibrated prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub truth: f32,
    pub mean: f32,
    /// At [`LEVELS`].
    pub quantiles: Vec<f32>,
}

impl Judged {
    /// Whether the truth lies between p10 and p90.
    pub fn covers(&self) -> bool {
        (self.quantiles[P10]..=self.quantiles[P90]).contains(&self.truth)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    pub songs: usize,
    /// Of the mean.
    pub r2: f64,
    /// Of the median, in points.
    pub mae: f64,
    /// Share of truths between p10 and p90.
    pub coverage: f64,
    /// Of p10 to p90, in points.
    pub width: f64,
    /// Mean pinball loss over all levels, in points.
    pub pinball: f64,
}

impl Scores {
    pub fn of<'a>(songs: impl IntoIterator<Item = &'a Judged>) -> Self {
        let songs: Vec<&Judged> = songs.into_iter().collect();
        let mean = |value: &dyn Fn(&Judged) -> f64| {
            songs.iter().map(|song| value(song)).sum::<f64>() / songs.len() as f64
        };
        let mean_truth = mean(&|song| f64::from(song.truth));
        let spread = mean(&|song| (f64::from(song.truth) - mean_truth).powi(2));
        let error = mean(&|song| (f64::from(song.truth) - f64::from(song.mean)).powi(2));
        Self {
            songs: songs.len(),
            r2: 1.0 - error / spread,
            mae: mean(&|song| f64::from((song.truth - song.quantiles[P50]).abs())),
            coverage: mean(&|song| f64::from(u8::from(song.covers()))),
            width: mean(&|song| f64::from(song.quantiles[P90] - song.quantiles[P10])),
            pinball: mean(&|song| pinball(song)),
        }
    }
}

/// Every level with the share of truths at or below its quantile.
///
/// Popularity is whole points and piles up at 0, so a truth on the quantile counts as half below.
pub fn reliability(songs: &[Judged]) -> Vec<(f64, f64)> {
    LEVELS
        .iter()
        .enumerate()
        .map(|(level, &nominal)| {
            let below: f64 = songs
                .iter()
                .map(|song| match song.truth.total_cmp(&song.quantiles[level]) {
                    std::cmp::Ordering::Less => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Greater => 0.0,
                })
                .sum();
            (f64::from(nominal), below / songs.len() as f64)
        })
        .collect()
}

fn pinball(song: &Judged) -> f64 {
    let total: f32 = LEVELS
        .iter()
        .zip(&song.quantiles)
        .map(|(level, quantile)| {
            let above = song.truth - quantile;
            (level * above).max((level - 1.0) * above)
        })
        .sum();
    f64::from(total) / LEVELS.len() as f64
}

/// What a model is told, from nothing but the features to everything; the bars of the model card.
pub const TOLD: [(&str, &[Block]); 5] = [
    ("11 features", &[]),
    ("+ year, duration", &[Block::Year, Block::Duration]),
    ("+ genre", &[Block::Year, Block::Duration, Block::Genre]),
    (
        "+ explicit",
        &[Block::Year, Block::Duration, Block::Genre, Block::Explicit],
    ),
    ("+ artist's other songs", &Block::ALL),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(truth: f32, predicted: f32) -> Judged {
        let quantiles = LEVELS
            .iter()
            .map(|level| predicted + 20.0 * (level - 0.5))
            .collect();
        Judged {
            truth,
            mean: predicted,
            quantiles,
        }
    }

    #[test]
    fn scores_of_known_errors() {
        let songs = [judged(40.0, 50.0), judged(60.0, 56.0)];
        let scores = Scores::of(&songs);
        // Truths spread by 10² around 50; errors are 10 and 4; p10..p90 reaches 8 points either way.
        assert!((scores.r2 - (1.0 - 58.0 / 100.0)).abs() < 1e-6);
        assert!((scores.mae - 7.0).abs() < 1e-5);
        assert!((scores.coverage - 0.5).abs() < 1e-9);
        assert!((scores.width - 16.0).abs() < 1e-4);
    }
}
