//! Conformal calibration: what held-out artists taught about the network's quantiles.

use serde::{Deserialize, Serialize};

use super::columns::{Block, Song};

/// Corrections of the network's quantiles for songs of which the same things are known.
///
/// How sure the network may be depends on what it is given, so each combination is calibrated
/// on its own: split-conformal, one level at a time, on artists it was not trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub sound: Sound,
    pub year: bool,
    pub duration: bool,
    pub genre: bool,
    pub artist: bool,
    /// Added to the quantiles, in points of popularity, one a level.
    pub offsets: Vec<f32>,
}

/// Where what is known of a song's sound comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// Spotify's own features.
    Exact,
    /// Features estimated from audio.
    Estimated,
    /// The same, and what the backbone hears.
    Heard,
}

impl Sound {
    pub const ALL: [Self; 3] = [Self::Exact, Self::Estimated, Self::Heard];

    fn of(song: &Song) -> Self {
        match (&song.heard, song.estimated) {
            (Some(_), _) => Self::Heard,
            (None, true) => Self::Estimated,
            (None, false) => Self::Exact,
        }
    }
}

impl Calibration {
    /// Every combination, uncorrected. Explicit is left out: it barely moves the spread. So are
    /// songs that lack some of their features: they are answered by the same offsets.
    pub fn identities(levels: usize) -> Vec<Self> {
        Sound::ALL
            .into_iter()
            .flat_map(|sound| {
                (0..16u8).map(move |bits| Self {
                    sound,
                    year: bits & 8 != 0,
                    duration: bits & 4 != 0,
                    genre: bits & 2 != 0,
                    artist: bits & 1 != 0,
                    offsets: vec![0.0; levels],
                })
            })
            .collect()
    }

    pub fn fits(&self, song: &Song) -> bool {
        self.sound == Sound::of(song)
            && self.year == song.knows(Block::Year)
            && self.duration == song.knows(Block::Duration)
            && self.genre == song.knows(Block::Genre)
            && self.artist == song.knows(Block::Artist)
    }

    /// Corrected quantiles: ascending and within 0..100. Popularity piles up at 0, so a low
    /// quantile often lies exactly there.
    pub fn apply(&self, quantiles: &[f32]) -> Vec<f32> {
        let mut floor = 0.0_f32;
        quantiles
            .iter()
            .zip(&self.offsets)
            .map(|(quantile, offset)| {
                floor = floor.max((quantile + offset).clamp(0.0, 100.0));
                floor
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrected_quantiles_ascend_within_the_scale() {
        let calibration = Calibration {
            offsets: vec![-9.0, 5.0, -5.0, 30.0],
            ..Calibration::identities(4)[0].clone()
        };
        assert_eq!(
            calibration.apply(&[2.0, 20.0, 25.0, 90.0]),
            [0.0, 25.0, 25.0, 100.0]
        );
    }
}
