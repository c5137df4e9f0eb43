//! What the popularity model reads of a song: the one encoding that training and prediction share.
//!
//! Values stay in natural units here (years, seconds, BPM): the piecewise-linear scales they need
//! are constants inside the graph, next to the weights that were trained on them.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::features::Feature;
use crate::genre;

use super::heard::{HEARD_TAGS, Heard};

/// Raised whenever a column changes its meaning, place or unit.
pub const COLUMNS_VERSION: u32 = 2;

/// All that may be known of a song. What is `None` is answered as unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Song {
    /// In the order of [`Feature::ALL`], in Spotify's units.
    pub features: [Option<f32>; 11],
    /// Whether the features were estimated from audio (and so carry the heads' errors)
    /// rather than read from Spotify.
    pub estimated: bool,
    /// What the backbone hears in the audio.
    pub heard: Option<Heard>,
    /// Release year, 1900 to 2100.
    pub year: Option<f32>,
    pub duration_seconds: Option<f32>,
    pub explicit: Option<bool>,
    pub genre: Option<String>,
    pub artist: Option<ArtistRecord>,
}

/// How the artist's other songs do, this song not included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArtistRecord {
    /// Mean popularity, 0 to 100.
    pub usual_popularity: f32,
    /// How many songs that mean is over, at least 1.
    pub other_songs: f32,
}

/// The blocks of a song, beside its features, that may be unknown, each with its own "known" column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    Heard,
    Year,
    Duration,
    Explicit,
    Genre,
    Artist,
}

impl Block {
    pub const ALL: [Self; 6] = [
        Self::Heard,
        Self::Year,
        Self::Duration,
        Self::Explicit,
        Self::Genre,
        Self::Artist,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Heard => "heard",
            Self::Year => "year",
            Self::Duration => "duration",
            Self::Explicit => "explicit",
            Self::Genre => "genre",
            Self::Artist => "artist",
        }
    }
}

/// Pitch classes, one column each: twelve names, not a scale.
const KEYS: usize = 12;

/// A column of the graph's `song` input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A feature in Spotify's units; all but the key.
    Feature(Feature),
    /// 1 where the key is this pitch class.
    Key(u8),
    /// 1 where the feature is known; its columns are 0 where it is not.
    FeatureKnown(Feature),
    /// 1 where the features were estimated from audio.
    Estimated,
    /// 1 where the block's values are known; they are 0 where it is not.
    Known(Block),
    Year,
    DurationSeconds,
    Explicit,
    ArtistUsualPopularity,
    ArtistOtherSongs,
    /// How clearly the tag at this position of [`HEARD_TAGS`] is heard.
    HeardTag(usize),
}

impl Column {
    pub const COUNT: usize = 10 + KEYS + 11 + 1 + Block::ALL.len() + 5 + HEARD_TAGS.len();

    /// In the order of the graph's input.
    pub fn all() -> Vec<Self> {
        let features = Feature::ALL
            .into_iter()
            .filter(|feature| *feature != Feature::Key)
            .map(Self::Feature);
        let keys = (0..KEYS as u8).map(Self::Key);
        let known = Block::ALL.into_iter().map(Self::Known);
        features
            .chain(keys)
            .chain(Feature::ALL.map(Self::FeatureKnown))
            .chain([Self::Estimated])
            .chain(known)
            .chain([
                Self::Year,
                Self::DurationSeconds,
                Self::Explicit,
                Self::ArtistUsualPopularity,
                Self::ArtistOtherSongs,
            ])
            .chain((0..HEARD_TAGS.len()).map(Self::HeardTag))
            .collect()
    }

    /// As it stands in the manifest.
    pub fn name(self) -> String {
        match self {
            Self::Feature(feature) => feature.name().into(),
            Self::Key(pitch_class) => format!("key_{pitch_class}"),
            Self::FeatureKnown(feature) => format!("{}_known", feature.name()),
            Self::Estimated => "estimated".into(),
            Self::Known(block) => format!("{}_known", block.name()),
            Self::Year => "year".into(),
            Self::DurationSeconds => "duration_seconds".into(),
            Self::Explicit => "explicit".into(),
            Self::ArtistUsualPopularity => "artist_usual_popularity".into(),
            Self::ArtistOtherSongs => "artist_other_songs".into(),
            Self::HeardTag(tag) => format!("heard_{}", HEARD_TAGS[tag].name),
        }
    }

    /// Whether the song says anything of this column's quantity; the column is 0 where not.
    pub fn is_known_of(self, song: &Song) -> bool {
        let block = match self {
            Self::Feature(feature) => return song.features[feature as usize].is_some(),
            Self::Key(_) => return song.features[Feature::Key as usize].is_some(),
            Self::Year => Block::Year,
            Self::DurationSeconds => Block::Duration,
            Self::Explicit => Block::Explicit,
            Self::ArtistUsualPopularity | Self::ArtistOtherSongs => Block::Artist,
            Self::HeardTag(_) => Block::Heard,
            Self::Known(_) | Self::FeatureKnown(_) | Self::Estimated => return true,
        };
        song.knows(block)
    }

    /// How the graph spreads the column's values.
    pub fn scale(self) -> Scale {
        match self {
            Self::Feature(Feature::Mode)
            | Self::Key(_)
            | Self::FeatureKnown(_)
            | Self::Estimated
            | Self::Known(_)
            | Self::Explicit => Scale::Flag,
            Self::HeardTag(_) => Scale::Score,
            Self::Feature(_)
            | Self::Year
            | Self::DurationSeconds
            | Self::ArtistUsualPopularity
            | Self::ArtistOtherSongs => Scale::Quantity,
        }
    }

    fn of(self, song: &Song) -> f32 {
        let flag = |set: bool| f32::from(u8::from(set));
        match self {
            Self::Feature(feature) => song.features[feature as usize].unwrap_or_default(),
            Self::Key(pitch_class) => flag(
                song.features[Feature::Key as usize].map(f32::round)
                    == Some(f32::from(pitch_class)),
            ),
            Self::FeatureKnown(feature) => flag(song.features[feature as usize].is_some()),
            Self::Estimated => flag(song.estimated),
            Self::Known(block) => flag(song.knows(block)),
            Self::Year => song.year.unwrap_or_default(),
            Self::DurationSeconds => song.duration_seconds.unwrap_or_default(),
            Self::Explicit => flag(song.explicit == Some(true)),
            Self::ArtistUsualPopularity => {
                song.artist.map_or(0.0, |artist| artist.usual_popularity)
            }
            Self::ArtistOtherSongs => song.artist.map_or(0.0, |artist| artist.other_songs),
            Self::HeardTag(tag) => song
                .heard
                .as_ref()
                .and_then(|heard| heard.scores.get(tag))
                .copied()
                .unwrap_or_default(),
        }
    }
}

/// How a column's values are spread before the first layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// 0 or 1.
    Flag,
    /// A score in standard deviations, straight from [`heard::LOWEST`] to [`heard::HIGHEST`].
    ///
    /// [`heard::LOWEST`]: super::heard::LOWEST
    /// [`heard::HIGHEST`]: super::heard::HIGHEST
    Score,
    /// A quantity, piecewise linear between quantiles of the training songs.
    Quantity,
}

impl Song {
    pub fn knows(&self, block: Block) -> bool {
        match block {
            Block::Heard => self.heard.is_some(),
            Block::Year => self.year.is_some(),
            Block::Duration => self.duration_seconds.is_some(),
            Block::Explicit => self.explicit.is_some(),
            Block::Genre => self.genre.is_some(),
            Block::Artist => self.artist.is_some(),
        }
    }

    /// The same song with everything about `block` unknown.
    pub fn without(mut self, block: Block) -> Self {
        match block {
            Block::Heard => self.heard = None,
            Block::Year => self.year = None,
            Block::Duration => self.duration_seconds = None,
            Block::Explicit => self.explicit = None,
            Block::Genre => self.genre = None,
            Block::Artist => self.artist = None,
        }
        self
    }

    /// The graph's `song` input, one value a [`Column`].
    pub fn columns(&self) -> Vec<f32> {
        Column::all()
            .into_iter()
            .map(|column| column.of(self))
            .collect()
    }

    /// `InvalidInput` for the first value outside its documented range.
    pub fn check(&self) -> Result<()> {
        for feature in Feature::ALL {
            let (low, high) = feature.range();
            self.features[feature as usize]
                .map_or(Ok(()), |value| within(feature.name(), value, low, high))?;
        }
        if let Some(heard) = &self.heard {
            heard.check()?;
        }
        let known = [
            ("year", self.year, YEAR_RANGE),
            (
                "duration_seconds",
                self.duration_seconds,
                DURATION_RANGE_SECONDS,
            ),
            (
                "artist_usual_popularity",
                self.artist.map(|artist| artist.usual_popularity),
                (0.0, 100.0),
            ),
            (
                "artist_other_songs",
                self.artist.map(|artist| artist.other_songs),
                (1.0, f32::MAX),
            ),
        ];
        for (field, value, (low, high)) in known {
            value.map_or(Ok(()), |value| within(field, value, low, high))?;
        }
        if let Some(genre) = self.genre.as_deref().filter(|genre| !is_readable(genre)) {
            return Err(Error::InvalidInput {
                field: "genre".into(),
                actual: format!("{} characters", genre.chars().count()),
                expected: format!("{MAX_GENRE_CHARACTERS} at most"),
            });
        }
        Ok(())
    }
}

/// Longer than any list of genres that describes a song. An explanation reads the genre for every one
/// of its thousands of coalitions.
pub const MAX_GENRE_CHARACTERS: usize = 1_000;

/// Whether a genre is within [`MAX_GENRE_CHARACTERS`].
pub fn is_readable(genre: &str) -> bool {
    genre.chars().nth(MAX_GENRE_CHARACTERS).is_none()
}

pub const YEAR_RANGE: (f32, f32) = (1900.0, 2100.0);
/// The upper end is a day: what is longer is not one song.
pub const DURATION_RANGE_SECONDS: (f32, f32) = (0.0, 86_400.0);

fn within(field: &str, value: f32, low: f32, high: f32) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::InvalidInput {
        field: field.to_owned(),
        actual: value.to_string(),
        expected: if high == f32::MAX {
            format!("{low} or more")
        } else {
            format!("{low} to {high}")
        },
    })
}

/// The graph's `genre` input: which names and words of the model's vocabulary a genre holds.
///
/// A genre is looked up as a whole and by its words, so that a style never seen in training
/// ("norwegian trap") still says what its words say. Terms that are whole names start with
/// "=", which no word can contain.
#[derive(Debug, Clone)]
pub struct GenreVocabulary {
    positions: std::collections::HashMap<String, usize>,
}

/// Marks a term that is a whole genre name rather than a word of one.
const WHOLE: char = '=';

impl GenreVocabulary {
    pub fn new(terms: &[String]) -> Self {
        let positions = terms
            .iter()
            .enumerate()
            .map(|(position, term)| (term.clone(), position))
            .collect();
        Self { positions }
    }

    pub fn len(&self) -> usize {
        self.positions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Every term a genre consists of, whether the vocabulary has it or not.
    pub fn terms_of(genre: &str) -> Vec<String> {
        let mut terms = genre::words(genre);
        terms.push(format!("{WHOLE}{}", genre::normalised(genre)));
        terms.sort();
        terms.dedup();
        terms
    }

    /// Positions of the terms that are known. Empty: nothing is known of this genre.
    pub fn positions(&self, genre: &str) -> Vec<usize> {
        Self::terms_of(genre)
            .iter()
            .filter_map(|term| self.positions.get(term).copied())
            .collect()
    }
}
