//! The store: one SQLite file of what was collected. Pieces are written whole or not at all, so
//! that a run may end at any moment, and writing the same piece twice leaves what one leaves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, params};

use super::error::{Error, Result};
use super::files::unreadable;
use super::identity::{artist_key, title_key};
use super::record::{Record, Value};
use super::source::{Item, Piece, Question, Source};

/// Of the catalogue's folder.
pub const STORE_FILE: &str = "collected.sqlite";

const VERSION: i64 = 1;

pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the store of the catalogue at `folder`, or makes one.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| unreadable(folder, &e))?;
        let store = Self::with(Connection::open(folder.join(STORE_FILE))?)?;
        let version = store.version()?;
        if version == 0 {
            store.connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {} PRAGMA user_version = {VERSION}; COMMIT;",
                include_str!("schema.sql")
            ))?;
        }
        store.checked(folder)
    }

    /// Opens a store that is there already.
    pub fn existing(folder: &Path) -> Result<Self> {
        let path = folder.join(STORE_FILE);
        if !path.exists() {
            return Err(Error::Unreadable {
                path: path.display().to_string(),
                reason: "it does not exist".into(),
                advice: "Collect something into this catalogue first.",
            });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::with(Connection::open_with_flags(path, flags)?)?.checked(folder)
    }

    fn with(connection: Connection) -> Result<Self> {
        connection.busy_timeout(Duration::from_secs(60))?;
        // A committed piece survives the end of the process in any case; without a flush to the
        // disk for every piece, the loss of power may cost the last few of them, which are then
        // asked for again.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Self { connection })
    }

    fn version(&self) -> Result<i64> {
        Ok(self
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    fn checked(self, folder: &Path) -> Result<Self> {
        let actual = self.version()?;
        if actual != VERSION {
            return Err(Error::StoreVersion {
                path: folder.join(STORE_FILE).display().to_string(),
                expected: VERSION,
                actual,
            });
        }
        Ok(self)
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Makes `source` known, with its terms as they were shown.
    pub fn register(&self, source: &dyn Source) -> Result<()> {
        let terms = source.terms();
        self.connection.execute(
            "INSERT INTO source (name, terms) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET terms = excluded.terms",
            params![source.name(), terms.in_words(source.name())],
        )?;
        Ok(())
    }

    /// Writes all of `pieces`, or nothing.
    pub fn put(&mut self, source: &dyn Source, pieces: &[Piece], now: Timestamp) -> Result<()> {
        let transaction = self.connection.transaction()?;
        let licence = licence_id(&transaction, &source.terms().licence)?;
        for piece in pieces {
            for record in &piece.records {
                put_record(&transaction, source.name(), record, now, licence)?;
            }
            let mut settle = transaction.prepare_cached(
                "INSERT OR REPLACE INTO settled (source, key, outcome, settled_at)
                 VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (key, outcome) in &piece.settled {
                settle.execute(params![source.name(), key, outcome.name(), now.as_second()])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Those of `items` that `source` has not settled in `stage`.
    pub fn unsettled(&self, source: &str, stage: &str, items: Vec<Item>) -> Result<Vec<Item>> {
        let mut settled = self
            .connection
            .prepare_cached("SELECT 1 FROM settled WHERE source = ?1 AND key = ?2")?;
        let mut open = Vec::new();
        for item in items {
            let key = Question::stored_key(stage, &item.key);
            if !settled.exists(params![source, key])? {
                open.push(item);
            }
        }
        Ok(open)
    }

    /// The first column of every row of `query`, and the second as its detail where there is one.
    pub fn items(&self, query: &str) -> Result<Vec<Item>> {
        let mut statement = self.connection.prepare(query)?;
        let details = statement.column_count() > 1;
        let items = statement.query_map([], |row| {
            Ok(Item {
                key: row.get(0)?,
                detail: if details { row.get(1)? } else { String::new() },
            })
        })?;
        Ok(items.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that `source` is being asked from now on; gives how long to wait before the first
    /// request, so that this run and the last one together keep to the window.
    pub fn begin_asking(&self, source: &dyn Source, now: Timestamp) -> Result<Duration> {
        let (killed, until): (Option<i64>, Option<i64>) = self.connection.query_row(
            "SELECT asking_since, asked_until FROM source WHERE name = ?1",
            [source.name()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let now = now.as_millisecond();
        let window = i64::try_from(source.window().as_millis()).unwrap_or(i64::MAX);
        // When a killed run asked last is not known: it may have been a moment ago.
        let last = if killed.is_some() { Some(now) } else { until };
        let wait = last.map_or(0, |last| (last + window - now).clamp(0, window));
        self.connection.execute(
            "UPDATE source SET asking_since = ?2, resume_at = NULL WHERE name = ?1",
            params![source.name(), now],
        )?;
        Ok(Duration::from_millis(wait.unsigned_abs()))
    }

    pub fn end_asking(&self, source: &dyn Source, now: Timestamp) -> Result<()> {
        self.connection.execute(
            "UPDATE source SET asking_since = NULL, asked_until = ?2 WHERE name = ?1",
            params![source.name(), now.as_millisecond()],
        )?;
        Ok(())
    }

    /// When `source` may be asked again, if it said so.
    pub fn resume_at(&self, source: &str) -> Result<Option<Timestamp>> {
        let at: Option<Option<i64>> = self
            .connection
            .query_row(
                "SELECT resume_at FROM source WHERE name = ?1",
                [source],
                |row| row.get(0),
            )
            .optional()?;
        Ok(at
            .flatten()
            .and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    pub fn set_resume_at(&self, source: &str, at: Timestamp) -> Result<()> {
        self.connection.execute(
            "UPDATE source SET resume_at = ?2 WHERE name = ?1",
            params![source, at.as_millisecond()],
        )?;
        Ok(())
    }
}

fn licence_id(transaction: &Transaction<'_>, note: &str) -> Result<i64> {
    transaction.execute("INSERT OR IGNORE INTO licence (note) VALUES (?1)", [note])?;
    Ok(
        transaction.query_row("SELECT id FROM licence WHERE note = ?1", [note], |row| {
            row.get(0)
        })?,
    )
}

/// What a later answer does not tell of the identity stays as an earlier one told it.
fn put_record(
    transaction: &Transaction<'_>,
    source: &str,
    record: &Record,
    now: Timestamp,
    licence: i64,
) -> Result<()> {
    let identity = &record.identity;
    let id: i64 = transaction
        .prepare_cached(
            "INSERT INTO record (source, kind, key, spotify_id, isrc, title, artist, title_key, artist_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (source, kind, key) DO UPDATE SET
                 spotify_id = coalesce(excluded.spotify_id, spotify_id),
                 isrc = coalesce(excluded.isrc, isrc),
                 title = coalesce(excluded.title, title),
                 artist = coalesce(excluded.artist, artist),
                 title_key = coalesce(excluded.title_key, title_key),
                 artist_key = coalesce(excluded.artist_key, artist_key)
             RETURNING id",
        )?
        .query_row(
            params![
                source,
                record.kind.name(),
                record.key,
                identity.spotify_id,
                identity.isrc,
                identity.title,
                identity.artist,
                identity.title.as_deref().and_then(title_key),
                identity.artist.as_deref().and_then(artist_key),
            ],
            |row| row.get(0),
        )?;
    let mut label = transaction.prepare_cached(
        "INSERT OR REPLACE INTO label (record, field, value, fetched_at, licence)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (field, value) in &record.labels {
        let at = now.as_second();
        match value {
            Value::Number(value) => label.execute(params![id, field, value, at, licence])?,
            Value::Text(value) => label.execute(params![id, field, value, at, licence])?,
        };
    }
    Ok(())
}

/// Held while a source is asked, so that no second run asks it into the same catalogue.
pub struct Turn {
    _file: std::fs::File,
}

impl Turn {
    pub fn take(folder: &Path, source: &str) -> Result<Self> {
        let name: String = source
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '-' })
            .collect();
        let path: PathBuf = folder.join(format!("collected.{name}.lock"));
        let file = std::fs::File::create(&path).map_err(|e| unreadable(&path, &e))?;
        // The system lets go of it when the process ends, however it ends.
        file.try_lock().map_err(|_| Error::AlreadyRunning {
            source_name: source.to_owned(),
        })?;
        Ok(Self { _file: file })
    }
}
