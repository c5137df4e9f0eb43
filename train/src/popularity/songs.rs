//! From table rows to training songs: artist records by leave-one-out, and the genre vocabulary.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use foretune::popularity::columns::{ArtistRecord, Block, GenreVocabulary, Song};

use super::hearing::{self, Hearing};
use super::split::{Part, SplitConfig};
use crate::table::Row;

/// A song with its answer.
#[derive(Debug, Clone)]
pub struct Labelled {
    pub song: Song,
    /// Of the genre's terms in the vocabulary, once there is one; see [`index_genres`].
    pub genre_positions: Vec<usize>,
    /// How the backbone's tags would usually score, where the genre tells; see [`Hearing::usual`].
    pub usual_scores: Option<Vec<f32>>,
    pub popularity: f32,
    pub artist: Option<String>,
    pub source: Option<String>,
    pub part: Part,
}

impl Labelled {
    /// The genre's terms, as far as `shown`, a sight of this song, tells them.
    pub fn terms(&self, shown: &Song) -> &[usize] {
        if shown.knows(Block::Genre) {
            &self.genre_positions
        } else {
            &[]
        }
    }
}

/// The rows that can be learned from: those with a popularity and all eleven features.
///
/// Where a table brings no artist record, it is the mean over the artist's other songs in the
/// table, never the song itself.
pub fn labelled(rows: &[Row], seed: u64, split: &SplitConfig) -> Result<Vec<Labelled>> {
    let hearing = Hearing::of_musicnn()?;
    let usual_scores = |genre: &str| hearing.usual(&hearing::carried(genre));
    let mut sums: HashMap<&str, (f64, f64)> = HashMap::new();
    for row in rows {
        if let (Some(artist), Some(popularity)) = (&row.artist, row.popularity) {
            let (sum, songs) = sums.entry(artist).or_default();
            *sum += f64::from(popularity);
            *songs += 1.0;
        }
    }
    rows.iter()
        .filter_map(|row| {
            let popularity = row.popularity?;
            let complete = row.features.iter().all(Option::is_some);
            let others = row
                .artist
                .as_deref()
                .and_then(|artist| sums.get(artist))
                .map(|(sum, songs)| (sum - f64::from(popularity), songs - 1.0))
                .filter(|(_, songs)| *songs > 0.0)
                .map(|(sum, songs)| ArtistRecord {
                    usual_popularity: (sum / songs) as f32,
                    other_songs: songs as f32,
                });
            if !complete {
                return None;
            }
            let usual_scores = match row.genre.as_deref().map(usual_scores).transpose() {
                Ok(usual_scores) => usual_scores,
                Err(error) => return Some(Err(error)),
            };
            Some(Ok(Labelled {
                song: Song {
                    features: row.features,
                    estimated: false,
                    heard: None,
                    year: row.year,
                    duration_seconds: row.duration_seconds,
                    explicit: row.explicit,
                    genre: row.genre.clone(),
                    artist: row.artist_record.or(others),
                },
                genre_positions: Vec::new(),
                usual_scores,
                popularity,
                artist: row.artist.clone(),
                source: row.source.clone(),
                part: split.part(seed, row),
            }))
        })
        .collect()
}

/// The terms that at least `minimum` training songs hold, the commonest first.
pub fn genre_terms(songs: &[Labelled], minimum: usize) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let genres = songs
        .iter()
        .filter(|song| song.part == Part::Train)
        .filter_map(|song| song.song.genre.as_deref());
    for genre in genres {
        for term in GenreVocabulary::terms_of(genre) {
            *counts.entry(term).or_default() += 1;
        }
    }
    let mut terms: Vec<(String, usize)> = counts
        .into_iter()
        .filter(|(_, count)| *count >= minimum)
        .collect();
    terms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    terms.into_iter().map(|(term, _)| term).collect()
}

/// Looks up every song's genre. One of which no term is known counts as no genre from here on,
/// as it will in prediction.
pub fn index_genres(songs: &mut [Labelled], genres: &GenreVocabulary) {
    for labelled in songs {
        labelled.genre_positions = labelled
            .song
            .genre
            .as_deref()
            .map(|genre| genres.positions(genre))
            .unwrap_or_default();
        if labelled.genre_positions.is_empty() {
            labelled.song.genre = None;
        }
    }
}
