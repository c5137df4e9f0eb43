//! A table that someone already has: CSV or Parquet, under whatever names its columns go.

use std::collections::HashMap;
use std::path::PathBuf;

use foretune::features::Feature;

use super::error::{Error, Result};
use super::files;
use super::identity::{Identity, artist_key, first_artist, isrc, spotify_id, title_key};
use super::record::{Kind, Record, field, release_date};
use super::source::{Emit, Item, Piece, Question, Source};
use super::store::Store;
use super::terms::{self, Terms};
use crate::popularity::split;
use crate::table::{self, Cell, Cells};

pub struct Table {
    /// `table:` and the table's name.
    pub name: String,
    pub path: PathBuf,
    pub licence: String,
    pub columns: Columns,
}

const STAGE: &str = "tables";

/// Rows that are stored together.
const ROWS: usize = 2_000;

/// What is read of a table, and the names under which it is found, the likeliest first.
const NAMES: [(&str, &[&str]); 13] = [
    (
        "spotify_id",
        &["spotify_id", "track_id", "track_uri", "uri", "url", "id"],
    ),
    ("isrc", &["isrc"]),
    (
        "title",
        &["title", "track_name", "song_name", "song", "name"],
    ),
    (
        "artist",
        &[
            "artist",
            "artist_name",
            "artists",
            "track_artist",
            "artist_names",
        ],
    ),
    (
        field::POPULARITY,
        &["popularity", "track_popularity", "song_popularity"],
    ),
    (
        field::DURATION_MS,
        &["duration_ms", "song_duration_ms", "track_duration_ms"],
    ),
    (field::EXPLICIT, &["explicit"]),
    (
        field::GENRE,
        &["genre", "track_genre", "playlist_genre", "genres"],
    ),
    (
        field::RELEASE_DATE,
        &[
            "release_date",
            "track_album_release_date",
            "album_release_date",
            "year",
        ],
    ),
    (field::ARTIST_POPULARITY, &["artist_popularity"]),
    (field::ARTIST_FOLLOWERS, &["artist_followers", "followers"]),
    (field::DEEZER_RANK, &["deezer_rank", "rank"]),
    (field::ALBUM_TYPE, &["album_type"]),
];

/// Which column of a table holds what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns(Vec<(&'static str, String)>);

impl Columns {
    /// Finds the columns by their usual names; `told` are `field=column` pairs that come first.
    pub fn find(header: &[String], told: &[(String, String)]) -> std::result::Result<Self, String> {
        let fields: Vec<(&'static str, Vec<&str>)> = NAMES
            .iter()
            .map(|(field, names)| (*field, names.to_vec()))
            .chain(Feature::ALL.map(|feature| (feature.name(), vec![feature.name()])))
            .collect();
        for (field, column) in told {
            if !fields.iter().any(|(known, _)| known == field) {
                let known: Vec<&str> = fields.iter().map(|(known, _)| *known).collect();
                return Err(format!(
                    "there is no field `{field}`; expected one of {}",
                    known.join(", ")
                ));
            }
            if !header.contains(column) {
                return Err(format!(
                    "there is no column `{column}`; the table has {}",
                    header.join(", ")
                ));
            }
        }
        let column = |field: &str, names: &[&str]| -> Option<String> {
            let told = told.iter().find(|(told, _)| told == field);
            if let Some((_, column)) = told {
                return Some(column.clone());
            }
            names.iter().find_map(|name| {
                let column = header
                    .iter()
                    .find(|column| column.eq_ignore_ascii_case(name));
                column.cloned()
            })
        };
        let found = fields
            .iter()
            .filter_map(|(field, names)| Some((*field, column(field, names)?)))
            .collect();
        Ok(Self(found))
    }

    pub fn is_wanted(&self, name: &str) -> bool {
        self.0.iter().any(|(_, column)| column == name)
    }

    fn cell<'a>(&self, cells: &'a Cells<'_>, field: &str) -> &'a Cell {
        let column = self.0.iter().find(|(known, _)| *known == field);
        column
            .and_then(|(_, column)| cells.get(column.as_str()))
            .unwrap_or(&Cell::Missing)
    }

    pub fn identity(&self, cells: &Cells<'_>) -> Identity {
        let text = |field| self.cell(cells, field).name();
        Identity {
            spotify_id: text("spotify_id").and_then(|id| spotify_id(&id, "track")),
            isrc: text("isrc").and_then(|code| isrc(&code)),
            title: text("title"),
            artist: text("artist").map(|cell| first_artist(&cell).to_owned()),
        }
    }

    /// The row's labels; those outside their range are not taken.
    pub fn label(&self, record: Record, cells: &Cells<'_>) -> Record {
        let cell = |field: &'static str| self.cell(cells, field);
        let number = |field: &'static str, low: f32, high: f32| {
            let value = cell(field).number();
            value
                .filter(|value| (low..=high).contains(value))
                .map(f64::from)
        };
        let date = cell(field::RELEASE_DATE).name();
        let labelled = record
            .with(field::POPULARITY, number(field::POPULARITY, 0.0, 100.0))
            .with(field::DURATION_MS, number(field::DURATION_MS, 1.0, 8.64e7))
            .with(field::EXPLICIT, cell(field::EXPLICIT).flag())
            .with(field::GENRE, cell(field::GENRE).name())
            .with(
                field::RELEASE_DATE,
                date.and_then(|date| release_date(&date)),
            )
            .with(
                field::ARTIST_POPULARITY,
                number(field::ARTIST_POPULARITY, 0.0, 100.0),
            )
            .with(
                field::ARTIST_FOLLOWERS,
                number(field::ARTIST_FOLLOWERS, 0.0, f32::MAX),
            )
            .with(
                field::DEEZER_RANK,
                number(field::DEEZER_RANK, 0.0, f32::MAX),
            )
            .with(field::ALBUM_TYPE, cell(field::ALBUM_TYPE).name());
        Feature::ALL.into_iter().fold(labelled, |record, feature| {
            let (low, high) = feature.range();
            record.with(feature.name(), number(feature.name(), low, high))
        })
    }
}

impl Source for Table {
    fn name(&self) -> &str {
        &self.name
    }

    fn terms(&self) -> Terms {
        terms::own(&self.licence)
    }

    fn stages(&self) -> Vec<&'static str> {
        vec![STAGE]
    }

    /// A table is read again when it has changed, or is to be read in another way.
    fn plan(&self, _stage: &str, store: &Store) -> Result<Vec<Question>> {
        let root = self.path.parent().unwrap_or(&self.path);
        let file = files::fingerprint(root, &self.path)?;
        let way = split::hash(&format!("{:?} {}", self.columns, self.licence));
        let item = Item::key(format!("{file}:{way:016x}"));
        let items = store.unsettled(self.name(), STAGE, vec![item])?;
        Ok(Question::batches(STAGE, items, 1))
    }

    fn ask(&self, question: &Question, emit: &mut Emit<'_>) -> Result<()> {
        let mut row_number = 0;
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut records = Vec::new();
        let mut failure = None;
        let read = table::each(
            &self.path,
            |_| Ok(()),
            |name| self.columns.is_wanted(name),
            |cells| {
                row_number += 1;
                let identity = self.columns.identity(cells);
                let mut key = key(&identity).unwrap_or_else(|| format!("row:{row_number}"));
                // A table may hold a recording several times: which one counts is judged later.
                let times = seen.entry(key.clone()).or_default();
                *times += 1;
                if *times > 1 {
                    key = format!("{key}#{times}");
                }
                let record = Record::new(Kind::Track, key, identity);
                records.push(self.columns.label(record, cells));
                if records.len() == ROWS {
                    let piece = Piece {
                        records: std::mem::take(&mut records),
                        settled: Vec::new(),
                    };
                    if let Err(error) = emit(piece) {
                        failure = Some(error);
                        anyhow::bail!("stopped");
                    }
                }
                Ok(())
            },
        );
        if let Some(error) = failure {
            return Err(error);
        }
        read.map_err(|e| Error::Unreadable {
            path: self.path.display().to_string(),
            reason: e.root_cause().to_string(),
            advice: "Check that it is CSV (with that ending) or Parquet.",
        })?;
        emit(Piece {
            records,
            settled: question.found(),
        })
    }
}

/// What a row is known by, so that an updated table updates its rows.
fn key(identity: &Identity) -> Option<String> {
    if let Some(id) = &identity.spotify_id {
        return Some(format!("spotify:{id}"));
    }
    if let Some(isrc) = &identity.isrc {
        return Some(format!("isrc:{isrc}"));
    }
    let title = identity.title.as_deref().and_then(title_key)?;
    let artist = identity.artist.as_deref().and_then(artist_key)?;
    Some(format!("{artist}/{title}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn columns_are_found_under_their_usual_names_or_as_told() {
        let header: Vec<String> = ["Track_ID", "track_name", "artists", "pop", "year", "tempo"]
            .map(str::to_owned)
            .into();
        let told = [("popularity".to_owned(), "pop".to_owned())];
        let columns = Columns::find(&header, &told).unwrap();
        for name in &header {
            assert!(columns.is_wanted(name), "{name}");
        }
        let wrong = [("popularity".to_owned(), "popp".to_owned())];
        assert!(Columns::find(&header, &wrong).unwrap_err().contains("popp"));
        let wrong = [("fame".to_owned(), "pop".to_owned())];
        assert!(Columns::find(&header, &wrong).unwrap_err().contains("fame"));
    }

    #[test]
    fn missing_and_impossible_values_give_no_label() {
        let header: Vec<String> = ["id", "popularity", "duration_ms", "year", "energy"]
            .map(str::to_owned)
            .into();
        let columns = Columns::find(&header, &[]).unwrap();
        let labels = |cells: &Cells<'_>| {
            let record = Record::new(Kind::Track, "x", Identity::default());
            columns.label(record, cells).labels
        };
        let cells = Cells::from([
            ("popularity", Cell::Missing),
            ("duration_ms", Cell::Number(0.0)),
            ("year", Cell::Number(0.0)),
            ("energy", Cell::Number(7.0)),
        ]);
        assert_eq!(labels(&cells), []);
        let cells = Cells::from([
            ("popularity", Cell::Number(0.0)),
            ("year", Cell::Number(1999.0)),
        ]);
        let expected: Vec<(&str, super::super::record::Value)> =
            vec![("popularity", 0.0.into()), ("release_date", "1999".into())];
        assert_eq!(labels(&cells), expected);
    }
}
