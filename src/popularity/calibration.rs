//! Conformal calibration: what held-out artists taught about the network's quantiles.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::genre::GenreGroup;
use crate::model::expect;
use crate::reference::era;

use super::columns::{Block, Song};

/// All corrections of the network's quantiles: one for what is known of a song, added to those of
/// its era and of its genre group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrections {
    /// One for each of [`Calibration::identities`].
    pub combinations: Vec<Calibration>,
    pub groups: Vec<GroupCorrection>,
}

/// How songs of an era or a genre group stray from what the combination's correction makes of them,
/// as far as enough artists showed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupCorrection {
    /// As [`groups`] names it.
    pub group: String,
    /// Whether for songs of which the artist's other songs are known: those leave less to the group.
    pub artist: bool,
    /// As a [`Calibration`]'s.
    pub offsets: Vec<f32>,
}

/// The groups that a song is known to be in: its era's name and its genre group's.
pub fn groups(song: &Song) -> impl Iterator<Item = &'static str> {
    let genre = song.genre.as_deref().and_then(GenreGroup::of);
    let names = [song.year.map(era), genre.map(GenreGroup::name)];
    names.into_iter().flatten()
}

impl Corrections {
    /// `ModelIncompatible` unless every combination is there, with `levels` offsets each.
    pub fn check(&self, levels: usize) -> Result<()> {
        let combinations = Calibration::identities(levels).len();
        expect(
            "popularity calibrations",
            &combinations,
            &self.combinations.len(),
        )?;
        let combinations = self.combinations.iter().map(|each| &each.offsets);
        let groups = self.groups.iter().map(|each| &each.offsets);
        for offsets in combinations.chain(groups) {
            expect("popularity offsets", &levels, &offsets.len())?;
        }
        Ok(())
    }

    /// The network's `quantiles` for `song`, corrected; `None` where its combination is missing.
    pub fn apply(&self, song: &Song, quantiles: &[f32]) -> Option<Vec<f32>> {
        let combination = self.combinations.iter().find(|each| each.fits(song))?;
        let mut quantiles = quantiles.to_vec();
        let artist = song.knows(Block::Artist);
        // Once for all corrections: a genre's group is found by reading its words.
        let groups: Vec<&str> = groups(song).collect();
        let fits = |each: &&GroupCorrection| {
            each.artist == artist && groups.contains(&each.group.as_str())
        };
        for correction in self.groups.iter().filter(fits) {
            add(&mut quantiles, &correction.offsets);
        }
        Some(combination.apply(&quantiles))
    }
}

/// Adds offsets to quantiles, level by level.
pub fn add(quantiles: &mut [f32], offsets: &[f32]) {
    for (quantile, offset) in quantiles.iter_mut().zip(offsets) {
        *quantile += offset;
    }
}

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
    use super::super::columns::ArtistRecord;
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

    #[test]
    fn what_is_known_of_a_song_decides_what_corrects_it() {
        let group = |group: &str, artist, offset| GroupCorrection {
            group: group.into(),
            artist,
            offsets: vec![offset],
        };
        let corrections = Corrections {
            combinations: Calibration::identities(1),
            groups: vec![
                group("before_1980", false, 1.0),
                group("before_1980", true, 2.0),
                group("rock", false, 4.0),
                group("2015_on", false, 8.0),
            ],
        };
        assert!(corrections.check(1).is_ok());
        assert!(corrections.check(2).is_err());
        let song = Song {
            features: [None; 11],
            estimated: true,
            heard: None,
            year: Some(1971.0),
            duration_seconds: None,
            explicit: None,
            genre: Some("hard rock".into()),
            artist: None,
        };
        let corrected = |song: Song| corrections.apply(&song, &[50.0]);
        assert_eq!(corrected(song.clone()), Some(vec![55.0]));
        assert_eq!(
            corrected(song.clone().without(Block::Year)),
            Some(vec![54.0])
        );
        let artist = Some(ArtistRecord {
            usual_popularity: 30.0,
            other_songs: 3.0,
        });
        assert_eq!(corrected(Song { artist, ..song }), Some(vec![52.0]));
    }
}
