//! From what was collected to a clean data set: joined, cleaned by the rules of `rules.sql`, split,
//! and written as Parquet with a datasheet.
//!
//! Writes into the catalogue's folder: `raw/part-*.parquet`, the joined rows before cleaning, for
//! engines that outgrow this machine; `songs.parquet`, the clean ones; `songs.csv`, those with audio,
//! which `train --catalogue` reads; `removed.csv`, `report.json`, `rules.sql` and `datasheet.md`.

pub mod columns;
mod datasheet;
mod join;
mod parquet;
mod raw;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::catalogue::SONGS_FILE;
use crate::collect::store::Store;
use crate::popularity::split::PREPARED_SEED;
use columns::Column;

#[derive(clap::Args)]
pub struct PrepareArgs {
    /// Folder of the catalogue that was collected
    #[arg(long)]
    catalogue: PathBuf,
    /// A script of cleaning rules to use instead of the built-in one, which every run leaves in the
    /// catalogue as rules.sql
    #[arg(long)]
    rules: Option<PathBuf>,
    /// Trust this source before all others where several told the same; may be given several times
    #[arg(long)]
    prefer: Vec<String>,
    /// Rows of a shard in raw/
    #[arg(long, default_value_t = 250_000)]
    shard_rows: usize,
    /// Another seed gives another split by artist
    #[arg(long, default_value_t = PREPARED_SEED)]
    seed: u64,
}

const RULES: &str = include_str!("prepare/rules.sql");
pub const SONGS_TABLE: &str = "songs.parquet";

/// What one rule took out.
#[derive(Debug, Serialize)]
pub struct Removal {
    pub rule: String,
    pub rows: i64,
    pub why: String,
}

#[derive(Serialize)]
struct Report<'a> {
    collected: usize,
    removed: &'a [Removal],
    kept: i64,
    with_audio: i64,
}

pub fn run(args: PrepareArgs) -> Result<ExitCode> {
    let folder = &args.catalogue;
    let rules = match &args.rules {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?,
        None => RULES.to_owned(),
    };
    let store = Store::existing(folder)?;
    let connection = store.connection();
    // One transaction: the temporary tables are written in one go.
    connection.execute_batch("PRAGMA temp_store = FILE; BEGIN")?;
    let collected = raw::make(&store, &args.prefer, args.seed)?;
    ensure!(
        collected > 0,
        "{} holds no tracks; collect some first",
        folder.display()
    );
    write_shards(folder, connection, args.shard_rows.max(1))?;
    let removals = clean(connection, &rules)?;
    let kept = count(connection, "songs")?;
    let with_audio = count(connection, "songs WHERE audio IS NOT NULL")?;

    let columns = columns::songs();
    write_songs(&folder.join(SONGS_TABLE), connection, &columns)?;
    write_csv(
        &folder.join("removed.csv"),
        connection,
        "SELECT id, title, artist, removed_by FROM raw_songs NATURAL JOIN judged
         WHERE removed_by IS NOT NULL ORDER BY id",
    )?;
    write_songs_csv(&folder.join(SONGS_FILE), connection, &columns)?;
    std::fs::write(folder.join("rules.sql"), &rules)?;
    datasheet::write(folder, connection, &columns, &removals)?;
    connection.execute_batch("COMMIT")?;

    let report = Report {
        collected,
        removed: &removals,
        kept,
        with_audio,
    };
    std::fs::write(
        folder.join("report.json"),
        serde_json::to_string_pretty(&report)? + "\n",
    )?;
    println!("{collected} rows collected");
    for Removal { rule, rows, why } in &removals {
        println!("{rows:>8} removed by {rule}: {why}");
    }
    println!(
        "{kept} kept, {with_audio} of them with audio; see {}",
        folder.join(datasheet::DATASHEET_FILE).display()
    );
    Ok(ExitCode::SUCCESS)
}

fn count(connection: &Connection, from: &str) -> Result<i64> {
    Ok(
        connection.query_row(&format!("SELECT count(*) FROM {from}"), [], |row| {
            row.get(0)
        })?,
    )
}

/// Runs the rules over `raw_songs`: makes `judged`, all rows with what became of them, and `songs`,
/// those that are kept. Gives what each rule of the script removed.
fn clean(connection: &Connection, rules: &str) -> Result<Vec<Removal>> {
    connection
        .execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.judged;
             CREATE TEMP TABLE judged AS {};
             CREATE UNIQUE INDEX temp.judged_id ON judged (id);
             DROP TABLE IF EXISTS temp.songs;
             CREATE TEMP TABLE songs AS
                 SELECT raw_songs.*, split, split_time FROM raw_songs JOIN judged USING (id)
                 WHERE removed_by IS NULL ORDER BY id;",
            rules.trim().trim_end_matches(';')
        ))
        .context("the rules do not run; they must give id, removed_by, split and split_time")?;
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let mut statement = connection.prepare(
        "SELECT removed_by, count(*) FROM judged WHERE removed_by IS NOT NULL GROUP BY removed_by",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        counts.insert(row.get(0)?, row.get(1)?);
    }
    let mut removals: Vec<Removal> = described(rules)
        .map(|(rule, why)| Removal {
            rows: counts.remove(rule).unwrap_or(0),
            rule: rule.to_owned(),
            why: why.to_owned(),
        })
        .collect();
    // Rules of someone's own script that it does not describe.
    removals.extend(counts.into_iter().map(|(rule, rows)| Removal {
        rule,
        rows,
        why: "not described".into(),
    }));
    Ok(removals)
}

/// The rules that a script names in lines `-- rule NAME: WHY`, in its order.
fn described(rules: &str) -> impl Iterator<Item = (&str, &str)> {
    rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("-- rule ")?.split_once(": "))
}

/// `raw/part-00000.parquet` and so on, in the order of the ids.
fn write_shards(folder: &Path, connection: &Connection, shard_rows: usize) -> Result<()> {
    let shards = folder.join("raw");
    if shards.exists() {
        std::fs::remove_dir_all(&shards)?;
    }
    std::fs::create_dir_all(&shards)?;
    let columns = columns::raw();
    let mut statement = connection.prepare("SELECT * FROM raw_songs ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut writer: Option<parquet::Writer<'_>> = None;
    let mut written = 0;
    while let Some(row) = rows.next()? {
        if written % shard_rows == 0 {
            if let Some(full) = writer.take() {
                full.close()?;
            }
            let path = shards.join(format!("part-{:05}.parquet", written / shard_rows));
            writer = Some(parquet::Writer::create(&path, &columns, &[])?);
        }
        if let Some(writer) = &mut writer {
            writer.push(row)?;
        }
        written += 1;
    }
    writer.map_or(Ok(()), parquet::Writer::close)
}

fn write_songs(path: &Path, connection: &Connection, columns: &[Column]) -> Result<()> {
    let terms = connection
        .prepare("SELECT 'terms:' || name, terms FROM source ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let part = path.with_extension("part");
    let mut writer = parquet::Writer::create(&part, columns, &terms)?;
    let mut statement = connection.prepare("SELECT * FROM songs ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        writer.push(row)?;
    }
    writer.close()?;
    Ok(std::fs::rename(part, path)?)
}

/// The songs with audio, as `train --catalogue` reads them: a column `file` beside the others.
fn write_songs_csv(path: &Path, connection: &Connection, columns: &[Column]) -> Result<()> {
    let names: Vec<String> = columns
        .iter()
        .map(|column| match column.name {
            "audio" => "audio AS file".to_owned(),
            name => format!("\"{name}\""),
        })
        .collect();
    let query = format!(
        "SELECT {} FROM songs WHERE audio IS NOT NULL ORDER BY id",
        names.join(", ")
    );
    write_csv(path, connection, &query)
}

fn write_csv(path: &Path, connection: &Connection, query: &str) -> Result<()> {
    let mut statement = connection.prepare(query)?;
    let mut writer =
        csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))?;
    writer.write_record(statement.column_names())?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cells: Vec<String> = (0..width)
            .map(|place| text(row, place))
            .collect::<Result<_>>()?;
        writer.write_record(cells)?;
    }
    Ok(writer.flush()?)
}

fn text(row: &Row<'_>, place: usize) -> Result<String> {
    Ok(match row.get_ref(place)? {
        ValueRef::Null | ValueRef::Blob(_) => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(value) => String::from_utf8_lossy(value).into_owned(),
    })
}
