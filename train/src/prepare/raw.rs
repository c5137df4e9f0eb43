//! The joined rows with their labels, as the table `raw_songs` that the cleaning rules read.

use std::collections::HashMap;

use foretune::features::Feature;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::columns::{self, Column};
use super::join::{self, Joined, trust};
use crate::collect::error::Result;
use crate::collect::record::field;
use crate::collect::store::Store;
use crate::popularity::split;

/// What one source told in one field.
#[derive(Debug, Clone)]
struct Label {
    value: Value,
    source: String,
    fetched_at: String,
    licence: String,
}

type Labels = HashMap<String, Vec<Label>>;

/// Makes `raw_songs` as a temporary table of the store's connection; gives its number of rows.
pub fn make(store: &Store, preferred: &[String], seed: u64) -> Result<usize> {
    let connection = store.connection();
    let columns = columns::raw();
    create(connection, "raw_songs", &columns)?;
    let rows = join::join(store, preferred)?;
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let places = vec!["?"; names.len()].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO raw_songs VALUES ({places})"))?;
    let mut reader = Reader::new(connection)?;
    for row in &rows {
        let cells = cells(row, &mut reader, preferred, seed)?;
        let values = names
            .iter()
            .map(|name| cells.get(*name).unwrap_or(&Value::Null));
        insert.execute(params_from_iter(values))?;
    }
    Ok(rows.len())
}

/// A temporary table with these columns.
pub fn create(connection: &Connection, name: &str, columns: &[Column]) -> Result<()> {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{}\" {}", column.name, column.kind.sql()))
        .collect();
    connection.execute_batch(&format!(
        "DROP TABLE IF EXISTS temp.{name}; CREATE TEMP TABLE {name} ({});",
        columns.join(", ")
    ))?;
    Ok(())
}

/// Reads labels of records, and of the artists and albums they name.
struct Reader<'a> {
    of_record: rusqlite::Statement<'a>,
    of_thing: rusqlite::Statement<'a>,
}

impl<'a> Reader<'a> {
    fn new(connection: &'a Connection) -> Result<Self> {
        let select = "SELECT field, value, source, strftime('%Y-%m-%dT%H:%M:%SZ', fetched_at, 'unixepoch'), note
                      FROM label JOIN record ON record.id = label.record
                      JOIN licence ON licence.id = label.licence";
        Ok(Self {
            of_record: connection.prepare(&format!("{select} WHERE label.record = ?1"))?,
            of_thing: connection.prepare(&format!(
                "{select} WHERE record.source = ?1 AND kind = ?2 AND key = ?3"
            ))?,
        })
    }

    fn record(&mut self, id: i64, labels: &mut Labels) -> Result<()> {
        collect(self.of_record.query([id])?, labels)
    }

    /// Of the artist or album that a record of `source` names.
    fn thing(&mut self, source: &str, kind: &str, key: &Value, labels: &mut Labels) -> Result<()> {
        collect(
            self.of_thing.query(rusqlite::params![source, kind, key])?,
            labels,
        )
    }
}

fn collect(mut rows: rusqlite::Rows<'_>, labels: &mut Labels) -> Result<()> {
    while let Some(row) = rows.next()? {
        labels.entry(row.get(0)?).or_default().push(Label {
            value: row.get(1)?,
            source: row.get(2)?,
            fetched_at: row.get(3)?,
            licence: row.get(4)?,
        });
    }
    Ok(())
}

/// A row's cells by the names of their columns.
fn cells(
    row: &Joined,
    reader: &mut Reader<'_>,
    preferred: &[String],
    seed: u64,
) -> Result<HashMap<String, Value>> {
    let mut labels = Labels::new();
    for record in &row.records {
        reader.record(*record, &mut labels)?;
    }
    // A track's own genre and date come before its artist's and its album's.
    for (kind, named) in [("artist", field::ARTIST_ID), ("album", field::ALBUM_ID)] {
        let named = labels.get(named).and_then(|told| told.first()).cloned();
        if let Some(named) = named {
            reader.thing(&named.source, kind, &named.value, &mut labels)?;
        }
    }
    for told in labels.values_mut() {
        // Stable: within a source the track's own word stays before its artist's.
        told.sort_by_key(|label| trust(&label.source, preferred));
    }

    let mut cells = HashMap::new();
    let mut set = |name: &str, value: Value| cells.insert(name.to_owned(), value);
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
    set("id", Value::Text(row.id.clone()));
    set("spotify_id", text(&row.spotify_id));
    set("isrc", text(&row.isrc));
    set("title", text(&row.title));
    set("artist", text(&row.artist));
    set("title_key", text(&row.title_key));
    set("artist_key", text(&row.artist_key));
    if let Some(artist) = &row.artist_key {
        set("artist_draw", Value::Real(split::draw(seed, artist)));
    }
    let best = |field: &str| labels.get(field).and_then(|told| told.first());
    for field in [
        field::CONTENT_TYPE,
        field::ALBUM_TYPE,
        field::POPULARITY,
        field::EXPLICIT,
        field::GENRE,
        field::RELEASE_DATE,
        field::ARTIST_POPULARITY,
        field::AUDIO,
    ] {
        set(
            field,
            best(field).map_or(Value::Null, |label| label.value.clone()),
        );
    }
    for field in [
        field::DURATION_MS,
        field::ARTIST_FOLLOWERS,
        field::DEEZER_RANK,
    ] {
        let whole = best(field).and_then(|label| number(&label.value));
        set(
            field,
            whole.map_or(Value::Null, |value| Value::Integer(value.round() as i64)),
        );
    }
    if let Some(Value::Text(date)) = best(field::RELEASE_DATE).map(|label| &label.value) {
        let year = date.get(..4).and_then(|year| year.parse().ok());
        set("year", year.map_or(Value::Null, Value::Integer));
    }
    let features = features(&labels, preferred);
    for (feature, label) in features.iter().flatten() {
        set(feature.name(), label.value.clone());
    }
    set(
        "fingerprint",
        fingerprint(&features).map_or(Value::Null, Value::Text),
    );
    for of in columns::PROVENANCES {
        let label = match of {
            "features" => features.iter().flatten().map(|(_, label)| *label).next(),
            field => best(field),
        };
        if let Some(label) = label {
            set(&format!("{of}_source"), Value::Text(label.source.clone()));
            set(
                &format!("{of}_fetched_at"),
                Value::Text(label.fetched_at.clone()),
            );
            set(&format!("{of}_licence"), Value::Text(label.licence.clone()));
        }
    }
    Ok(cells)
}

type Features<'a> = [Option<(Feature, &'a Label)>; 11];

/// All of one source, the one that tells the most of them, since every source has a scale of its
/// own; among equals the most trusted.
fn features<'a>(labels: &'a Labels, preferred: &[String]) -> Features<'a> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for feature in Feature::ALL {
        for label in labels.get(feature.name()).into_iter().flatten() {
            *counts.entry(&label.source).or_default() += 1;
        }
    }
    let best = counts
        .into_iter()
        .min_by_key(|(source, count)| (usize::MAX - count, trust(source, preferred), *source));
    Feature::ALL.map(|feature| {
        let (source, _) = best?;
        let told = labels.get(feature.name())?;
        let label = told.iter().find(|label| label.source == source)?;
        Some((feature, label))
    })
}

/// The nine continuous features to four digits; equal for two releases of one recording and
/// practically never for two recordings.
fn fingerprint(features: &Features<'_>) -> Option<String> {
    let values = features
        .iter()
        .zip(Feature::ALL)
        .filter(|(_, feature)| !matches!(feature, Feature::Key | Feature::Mode))
        .map(|(told, _)| Some(format!("{:.4}", number(&told.as_ref()?.1.value)?)));
    Some(values.collect::<Option<Vec<_>>>()?.join("|"))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Real(value) => Some(*value),
        Value::Integer(value) => Some(*value as f64),
        _ => None,
    }
}
