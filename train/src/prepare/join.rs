//! From what the sources said to one row a release: joined by Spotify id, then by ISRC, then by
//! normalised title and artist. The result does not depend on the order in which it was collected.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::collect::error::Result;
use crate::collect::store::Store;

/// A row before its labels: the records that speak of it, the most trusted source first.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    pub id: String,
    pub spotify_id: Option<String>,
    pub isrc: Option<String>,
    pub title: Option<String>,
    pub artist: Option<String>,
    pub title_key: Option<String>,
    pub artist_key: Option<String>,
    pub records: Vec<i64>,
    sources: HashSet<String>,
}

struct Record {
    id: i64,
    source: String,
    key: String,
    spotify_id: Option<String>,
    isrc: Option<String>,
    title: Option<String>,
    artist: Option<String>,
    keys: Option<(String, String)>,
}

/// How much a source is trusted where several speak of one thing: what the user brought comes
/// first, then who is closest to the label. `preferred` come before all.
pub fn trust(source: &str, preferred: &[String]) -> usize {
    if let Some(place) = preferred.iter().position(|name| name == source) {
        return place;
    }
    let place = match source {
        "folder" => 0,
        "spotify" => 2,
        "reccobeats" => 3,
        "deezer" => 4,
        "playlist-archive" => 5,
        _ => 1,
    };
    preferred.len() + place
}

/// All rows, in the order of their ids.
pub fn join(store: &Store, preferred: &[String]) -> Result<Vec<Joined>> {
    let mut records = read(store)?;
    records.sort_by(|a, b| {
        let rank = |record: &Record| trust(&record.source, preferred);
        (rank(a), &a.source, &a.key).cmp(&(rank(b), &b.source, &b.key))
    });
    let mut rows = Rows::default();
    let (with_id, without): (Vec<Record>, Vec<Record>) = records
        .into_iter()
        .partition(|record| record.spotify_id.is_some());
    for record in &with_id {
        rows.add_by_spotify_id(record);
    }
    rows.index();
    let (with_isrc, without): (Vec<Record>, Vec<Record>) = without
        .into_iter()
        .partition(|record| record.isrc.is_some());
    for record in with_isrc.iter().chain(&without) {
        rows.add_by_what_is_known(record);
    }
    let mut rows = rows.rows;
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rows)
}

fn read(store: &Store) -> Result<Vec<Record>> {
    let mut statement = store.connection().prepare(
        "SELECT id, source, key, spotify_id, isrc, title, artist, title_key, artist_key
         FROM record WHERE kind = 'track'",
    )?;
    let records = statement.query_map([], |row| {
        let title_key: Option<String> = row.get(7)?;
        let artist_key: Option<String> = row.get(8)?;
        Ok(Record {
            id: row.get(0)?,
            source: row.get(1)?,
            key: row.get(2)?,
            spotify_id: row.get(3)?,
            isrc: row.get(4)?,
            title: row.get(5)?,
            artist: row.get(6)?,
            keys: artist_key.zip(title_key),
        })
    })?;
    Ok(records.collect::<rusqlite::Result<_>>()?)
}

#[derive(Default)]
struct Rows {
    rows: Vec<Joined>,
    by_spotify_id: BTreeMap<String, usize>,
    by_isrc: HashMap<String, Vec<usize>>,
    by_keys: HashMap<(String, String), Vec<usize>>,
}

impl Rows {
    fn add_by_spotify_id(&mut self, record: &Record) {
        let Some(id) = &record.spotify_id else { return };
        let next = self.rows.len();
        let row = *self.by_spotify_id.entry(id.clone()).or_insert(next);
        if row == next {
            self.rows.push(Joined {
                id: format!("spotify:{id}"),
                ..Joined::default()
            });
        }
        self.rows[row].take(record);
    }

    /// Once every row with a Spotify id is complete.
    fn index(&mut self) {
        for row in 0..self.rows.len() {
            self.index_row(row);
        }
    }

    fn index_row(&mut self, row: usize) {
        let joined = &self.rows[row];
        if let Some(isrc) = joined.isrc.clone() {
            self.by_isrc.entry(isrc).or_default().push(row);
        }
        if let Some(keys) = joined.artist_key.clone().zip(joined.title_key.clone()) {
            self.by_keys.entry(keys).or_default().push(row);
        }
    }

    /// Speaks of every release that has the record's ISRC; else of those with its title and artist
    /// and no other ISRC; else of one of its own. A source does not join itself: two of its things
    /// are two things.
    fn add_by_what_is_known(&mut self, record: &Record) {
        let fits = |row: &usize| !self.rows[*row].sources.contains(&record.source);
        let by_isrc = record.isrc.as_ref().and_then(|isrc| self.by_isrc.get(isrc));
        let mut found: Vec<usize> = by_isrc
            .into_iter()
            .flatten()
            .copied()
            .filter(fits)
            .collect();
        if found.is_empty() {
            let by_keys = record.keys.as_ref().and_then(|keys| self.by_keys.get(keys));
            let agrees = |row: &usize| {
                let other = &self.rows[*row].isrc;
                record.isrc.is_none() || other.is_none() || *other == record.isrc
            };
            found = by_keys
                .into_iter()
                .flatten()
                .copied()
                .filter(fits)
                .filter(agrees)
                .collect();
        }
        for row in &found {
            let had_isrc = self.rows[*row].isrc.is_some();
            self.rows[*row].take(record);
            if let (false, Some(isrc)) = (had_isrc, &record.isrc) {
                self.by_isrc.entry(isrc.clone()).or_default().push(*row);
            }
        }
        if found.is_empty() {
            let mut row = Joined {
                id: format!("{}:{}", record.source, record.key),
                ..Joined::default()
            };
            row.take(record);
            self.rows.push(row);
            self.index_row(self.rows.len() - 1);
        }
    }
}

impl Joined {
    /// What a more trusted record told stays.
    fn take(&mut self, record: &Record) {
        self.records.push(record.id);
        self.sources.insert(record.source.clone());
        let keep = |kept: &mut Option<String>, told: &Option<String>| {
            if kept.is_none() {
                kept.clone_from(told);
            }
        };
        keep(&mut self.spotify_id, &record.spotify_id);
        keep(&mut self.isrc, &record.isrc);
        keep(&mut self.title, &record.title);
        keep(&mut self.artist, &record.artist);
        let (artist_key, title_key) = record.keys.clone().unzip();
        keep(&mut self.artist_key, &artist_key);
        keep(&mut self.title_key, &title_key);
    }
}
