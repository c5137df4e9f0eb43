//! The two-stream popularity model: from features and context to a distribution of popularity.

pub mod calibration;
pub mod columns;
pub mod explain;
pub mod heard;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::features::Features;
use crate::model::{FileEntry, ModelFiles, OnnxModel, expect, verified};
use crate::reference::Reference;
use calibration::Corrections;
use columns::{ArtistRecord, Block, COLUMNS_VERSION, Column, GenreVocabulary, Song};
use explain::{Explanation, explain};
use heard::Heard;

/// Levels of the quantiles the network answers, ascending, evenly spaced.
pub const LEVELS: [f32; 19] = [
    0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80,
    0.85, 0.90, 0.95,
];
pub const P10: usize = 1;
pub const P50: usize = 9;
pub const P90: usize = 17;

/// What may be known of a song beside its sound. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    /// Release year, 1900 to 2100.
    pub year: Option<u16>,
    pub explicit: Option<bool>,
    /// Any of the usual genre names, in 1,000 characters at most; an unknown one is answered as if it
    /// were left out.
    pub genre: Option<String>,
    /// Mean popularity of the artist's other songs, 0 to 100, this song not included.
    pub artist_usual_popularity: Option<f32>,
    /// How many other songs that mean is over. Without the mean it says nothing; without it the
    /// mean is taken as one over [`UNCOUNTED_SONGS`] songs; 0 means that there is no mean.
    pub artist_other_songs: Option<u32>,
}

/// Songs an artist's usual popularity is assumed to be over when nobody counted: the median
/// number of other songs among the training songs that have any.
pub const UNCOUNTED_SONGS: f32 = 6.0;

/// Audio shorter than this is taken for an excerpt, whose length says nothing of the song's: one
/// training song in 300 is shorter, and those are interludes that hardly anyone plays.
pub const EXCERPT_SECONDS: f32 = 60.0;

impl Context {
    /// The artist's record, if there is one.
    pub fn artist(&self) -> Option<ArtistRecord> {
        let usual_popularity = self.artist_usual_popularity?;
        let other_songs = self
            .artist_other_songs
            .map_or(UNCOUNTED_SONGS, |songs| songs as f32);
        (other_songs > 0.0).then_some(ArtistRecord {
            usual_popularity,
            other_songs,
        })
    }
}

/// Predicted popularity, 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Popularity {
    pub mean: f32,
    pub p10: f32,
    pub p50: f32,
    pub p90: f32,
    /// Share of the reference population below `p50`, 0 to 100.
    pub percentile: f32,
    /// The whole predicted distribution, ascending in both fields.
    pub quantiles: Vec<Quantile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Quantile {
    /// 0 to 1.
    pub level: f32,
    /// 0 to 100.
    pub value: f32,
}

/// The manifest's description of the popularity model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopularityEntry {
    #[serde(flatten)]
    pub file: FileEntry,
    pub columns_version: u32,
    /// Names of the `song` input's columns, in order.
    pub columns: Vec<String>,
    /// Terms of the `genre` input, in order; see [`GenreVocabulary`].
    pub genre_terms: Vec<String>,
    /// Of the outputs after the first, which is the mean.
    pub levels: Vec<f32>,
    pub calibration: Corrections,
}

#[derive(Debug)]
pub struct PopularityModel {
    model: OnnxModel,
    genres: GenreVocabulary,
    calibration: Corrections,
    reference: Reference,
}

impl PopularityModel {
    /// `reference` names the population that percentiles are taken in.
    pub fn load(
        entry: &PopularityEntry,
        reference: &FileEntry,
        files: &ModelFiles,
    ) -> Result<Self> {
        let columns: Vec<String> = Column::all().into_iter().map(Column::name).collect();
        expect(
            "popularity columns_version",
            &COLUMNS_VERSION,
            &entry.columns_version,
        )?;
        expect("popularity columns", &columns, &entry.columns)?;
        expect("popularity levels", &LEVELS.to_vec(), &entry.levels)?;
        entry.calibration.check(LEVELS.len())?;
        let content = verified(files, &entry.file)?;
        let model = OnnxModel::load_rows(
            &entry.file,
            content,
            &[Column::COUNT, entry.genre_terms.len()],
        )?;
        Ok(Self {
            model,
            genres: GenreVocabulary::new(&entry.genre_terms),
            calibration: entry.calibration.clone(),
            reference: Reference::parse(reference, verified(files, reference)?)?,
        })
    }

    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Popularity of a song whose features were estimated from its audio, which lasts
    /// `duration_seconds`; see [`EXCERPT_SECONDS`].
    pub fn predict(
        &self,
        features: &Features,
        duration_seconds: Option<f32>,
        heard: Option<&Heard>,
        context: &Context,
    ) -> Result<Popularity> {
        self.predict_song(estimated_song(features, duration_seconds, heard, context))
    }

    /// What every feature adds to [`Self::predict`]'s p50.
    pub fn explain(
        &self,
        features: &Features,
        duration_seconds: Option<f32>,
        heard: Option<&Heard>,
        context: &Context,
    ) -> Result<Explanation> {
        let song = estimated_song(features, duration_seconds, heard, context);
        explain(&song, |songs| {
            let answers = self.answer(songs)?;
            Ok(answers.iter().map(|answer| answer.p50).collect())
        })
    }

    /// Popularity of a song described in full, as a table's row is.
    pub fn predict_song(&self, song: Song) -> Result<Popularity> {
        let answer = self.answer(std::slice::from_ref(&song))?.pop();
        answer.ok_or_else(|| self.incompatible(&[]))
    }

    /// Popularity of every song, by one run of the graph.
    fn answer(&self, songs: &[Song]) -> Result<Vec<Popularity>> {
        let mut encoded = Vec::with_capacity(songs.len());
        let mut columns = Vec::with_capacity(songs.len() * Column::COUNT);
        let mut genres = Vec::with_capacity(songs.len() * self.genres.len());
        for song in songs {
            song.check()?;
            let (song, genre) = self.encode_genre(song.clone());
            columns.extend(song.columns());
            genres.extend(genre);
            encoded.push(song);
        }
        let outputs = self
            .model
            .run_rows(songs.len(), &[&columns, &genres])?
            .pop()
            .unwrap_or_default();
        if outputs.len() != songs.len() * (1 + LEVELS.len()) {
            return Err(self.incompatible(&outputs));
        }
        encoded
            .iter()
            .zip(outputs.chunks(1 + LEVELS.len()))
            .map(|(song, output)| self.calibrated(song, output))
            .collect()
    }

    fn calibrated(&self, song: &Song, output: &[f32]) -> Result<Popularity> {
        let Some((mean, raw)) = output.split_first() else {
            return Err(self.incompatible(output));
        };
        let Some(values) = self.calibration.apply(song, raw) else {
            return Err(self.incompatible(output));
        };
        let [Some(&p10), Some(&p50), Some(&p90)] = [P10, P50, P90].map(|level| values.get(level))
        else {
            return Err(self.incompatible(output));
        };
        let quantiles = LEVELS
            .into_iter()
            .zip(values)
            .map(|(level, value)| Quantile { level, value })
            .collect();
        Ok(Popularity {
            mean: mean.clamp(0.0, 100.0),
            p10,
            p50,
            p90,
            percentile: self.reference.popularity.percentile(p50),
            quantiles,
        })
    }

    /// The graph's `genre` input. A genre nothing is known of counts as unknown from here on.
    fn encode_genre(&self, song: Song) -> (Song, Vec<f32>) {
        let mut input = vec![0.0; self.genres.len()];
        let positions = song
            .genre
            .as_deref()
            .map(|genre| self.genres.positions(genre))
            .unwrap_or_default();
        for &position in &positions {
            input[position] = 1.0;
        }
        if positions.is_empty() {
            return (song.without(Block::Genre), input);
        }
        (song, input)
    }

    fn incompatible(&self, output: &[f32]) -> Error {
        Error::ModelIncompatible {
            what: "popularity output".into(),
            expected: format!("a mean and {} quantiles", LEVELS.len()),
            actual: format!("{} values", output.len()),
        }
    }
}

fn estimated_song(
    features: &Features,
    duration_seconds: Option<f32>,
    heard: Option<&Heard>,
    context: &Context,
) -> Song {
    Song {
        features: features.to_array().map(Some),
        estimated: true,
        heard: heard.cloned(),
        year: context.year.map(f32::from),
        duration_seconds: duration_seconds.filter(|seconds| *seconds >= EXCERPT_SECONDS),
        explicit: context.explicit,
        genre: context.genre.clone(),
        artist: context.artist(),
    }
}
