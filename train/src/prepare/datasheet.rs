//! The datasheet: what the data set is, where it comes from, how it was cleaned, and what is in it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use foretune::features::Feature;
use rusqlite::Connection;

use super::Removal;
use super::columns::{Column, Kind};
use crate::plot::{Axis, Chart, Line};

pub const DATASHEET_FILE: &str = "datasheet.md";
const FOLDER: &str = "datasheet";
const BARS: usize = 20;

/// Quantities of which a histogram is drawn, beside the features.
const DRAWN: [&str; 3] = ["popularity", "year", "duration_ms"];

/// Writes `datasheet.md` and its histograms for the tables `raw_songs` and `songs`.
pub fn write(
    folder: &Path,
    connection: &Connection,
    columns: &[Column],
    removals: &[Removal],
) -> Result<()> {
    let drawings = folder.join(FOLDER);
    std::fs::create_dir_all(&drawings)?;
    let count =
        |query: &str| -> Result<i64> { Ok(connection.query_row(query, [], |row| row.get(0))?) };
    let (raw, kept) = (
        count("SELECT count(*) FROM raw_songs")?,
        count("SELECT count(*) FROM songs")?,
    );
    let mut sheet = format!(
        "# Datasheet\n\n{kept} songs, of {raw} that were collected. Written by `foretune-train prepare` (version {}).\n",
        env!("CARGO_PKG_VERSION")
    );
    sheet += "\n## Where it comes from\n\nWhat is missing is empty, never zero.\n\n";
    sheet += &provenance(connection)?;
    sheet += "\n## How it was cleaned\n\nEach row is removed by the first rule that speaks against it; `removed.csv` lists them, and `rules.sql` beside this file is what was run.\n\n| rule | rows removed | why |\n| --- | ---: | --- |\n";
    // Writing to a String cannot fail.
    for removal in removals {
        let _ = writeln!(
            sheet,
            "| `{}` | {} | {} |",
            removal.rule, removal.rows, removal.why
        );
    }
    sheet += "\n## Parts\n\n`split` holds whole artists out, `split_time` the newest songs; neither has an artist in two parts.\n\n| | train | calibrate | test | none |\n| --- | ---: | ---: | ---: | ---: |\n";
    for split in ["split", "split_time"] {
        let of = |part: &str| {
            count(&format!(
                "SELECT count(*) FROM songs WHERE {split} IS {part}"
            ))
        };
        let _ = writeln!(
            sheet,
            "| `{split}` | {} | {} | {} | {} |",
            of("'train'")?,
            of("'calibrate'")?,
            of("'test'")?,
            of("NULL")?
        );
    }
    sheet += "\n## What is in it\n\n| column | type | known | least | median | greatest | meaning |\n| --- | --- | ---: | ---: | ---: | ---: | --- |\n";
    for column in columns {
        sheet += &field(connection, column)?;
    }
    sheet += "\n## How it is distributed\n";
    let features = Feature::ALL.map(Feature::name);
    for name in DRAWN.into_iter().chain(features) {
        let drawn = histogram(connection, name)?;
        if let Some(chart) = drawn {
            let file = format!("{name}.svg");
            chart.write(&drawings.join(&file))?;
            let _ = write!(sheet, "\n![{name}]({FOLDER}/{file})\n");
        }
    }
    let path = folder.join(DATASHEET_FILE);
    std::fs::write(&path, sheet).with_context(|| format!("cannot write {}", path.display()))
}

/// By what was labelled and who labelled it.
fn provenance(connection: &Connection) -> Result<String> {
    let mut table = String::from(
        "| label | source | songs | fetched | licence |\n| --- | --- | ---: | --- | --- |\n",
    );
    for of in super::columns::PROVENANCES {
        let mut rows = connection.prepare(&format!(
            "SELECT {of}_source, count(*), min({of}_fetched_at), max({of}_fetched_at), {of}_licence
             FROM songs WHERE {of}_source IS NOT NULL
             GROUP BY {of}_source, {of}_licence ORDER BY 2 DESC, 1"
        ))?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let text = |place| row.get::<_, String>(place);
            let (first, last) = (text(2)?, text(3)?);
            let day = |time: &str| time.get(..10).unwrap_or(time).to_owned();
            let fetched = match day(&first) == day(&last) {
                true => day(&first),
                false => format!("{} to {}", day(&first), day(&last)),
            };
            let _ = writeln!(
                table,
                "| {of} | {} | {} | {fetched} | {} |",
                text(0)?,
                row.get::<_, i64>(1)?,
                text(4)?.replace('|', "\\|")
            );
        }
    }
    Ok(table)
}

fn field(connection: &Connection, column: &Column) -> Result<String> {
    let name = column.name;
    let known: i64 =
        connection.query_row(&format!("SELECT count(\"{name}\") FROM songs"), [], |row| {
            row.get(0)
        })?;
    let (kind, range) = match column.kind {
        Kind::Text => ("text", ["", "", ""].map(str::to_owned)),
        Kind::Flag => ("flag", ["", "", ""].map(str::to_owned)),
        Kind::Number => ("number", range(connection, name)?),
        Kind::Integer => ("integer", range(connection, name)?),
    };
    let [least, median, greatest] = range;
    Ok(format!(
        "| `{name}` | {kind} | {known} | {least} | {median} | {greatest} | {} |\n",
        column.meaning
    ))
}

fn range(connection: &Connection, name: &str) -> Result<[String; 3]> {
    let at = |share: &str| -> Result<String> {
        let query = format!(
            "SELECT \"{name}\" FROM songs WHERE \"{name}\" IS NOT NULL ORDER BY \"{name}\"
             LIMIT 1 OFFSET (SELECT CAST({share} * (count(\"{name}\") - 1) AS INTEGER) FROM songs)"
        );
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        let value: Option<f64> = match rows.next()? {
            Some(row) => row.get(0)?,
            None => None,
        };
        let text = value.map(|value| format!("{value:.3}"));
        Ok(text.map_or_else(String::new, |text| {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }))
    };
    Ok([at("0.0")?, at("0.5")?, at("1.0")?])
}

/// Songs in each of [`BARS`] equal steps from the least to the greatest value.
fn histogram(connection: &Connection, name: &'static str) -> Result<Option<Chart<'static>>> {
    let mut statement = connection.prepare(&format!(
        "SELECT \"{name}\" FROM songs WHERE \"{name}\" IS NOT NULL"
    ))?;
    let values: Vec<f64> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if values.is_empty() {
        return Ok(None);
    }
    let x = Axis::over(name, values.iter().copied());
    let width = (x.to - x.from) / BARS as f64;
    let mut counts = [0_usize; BARS];
    for value in &values {
        let bar = ((value - x.from) / width) as usize;
        counts[bar.min(BARS - 1)] += 1;
    }
    let points = counts
        .iter()
        .enumerate()
        .flat_map(|(bar, &count)| {
            let left = x.from + bar as f64 * width;
            [(left, count as f64), (left + width, count as f64)]
        })
        .collect();
    let most = counts.iter().copied().max().unwrap_or(1);
    Ok(Some(Chart {
        title: name,
        x,
        y: Axis {
            label: "songs",
            from: 0.0,
            to: most as f64,
        },
        lines: vec![Line { label: "", points }],
    }))
}
