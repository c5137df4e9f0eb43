//! Tables of songs: Parquet or CSV, the documented columns, in the order of the file.
//!
//! | column | unit | missing |
//! | --- | --- | --- |
//! | the eleven features (`danceability` … `tempo`) | Spotify's | `None` in the row |
//! | `year` | 1900–2100 | unknown |
//! | `duration_ms` | milliseconds | unknown |
//! | `explicit` | true/false, 1/0 | unknown |
//! | `genre` | any name | unknown |
//! | `artist_usual_popularity`, `artist_other_songs` | 0–100, count | unknown |
//! | `split` | train, calibrate, test | drawn from the artist |
//! | `popularity`, `artist_key` or `artist`, `src` | 0–100, name, name | only training and evaluation ask for them |
//!
//! Columns beside these are ignored. A value outside its range is clipped to it, except a year or
//! a duration, which is then a placeholder for "unknown" in every table seen so far.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use crate::popularity::split::Part;
use anyhow::{Context as _, Result, bail};
use foretune::features::Feature;
use foretune::popularity::UNCOUNTED_SONGS;
use foretune::popularity::columns::{
    ArtistRecord, DURATION_RANGE_SECONDS, YEAR_RANGE, is_readable,
};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::Type;

/// One row, cleaned. Features stay apart from the rest because a row may lack some.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub features: [Option<f32>; 11],
    pub year: Option<f32>,
    pub duration_seconds: Option<f32>,
    pub explicit: Option<bool>,
    pub genre: Option<String>,
    pub artist_record: Option<ArtistRecord>,
    pub popularity: Option<f32>,
    pub artist: Option<String>,
    pub source: Option<String>,
    /// Which part the table itself puts the row in.
    pub split: Option<Part>,
}

const OPTIONAL_COLUMNS: [&str; 11] = [
    "year",
    "duration_ms",
    "explicit",
    "genre",
    "artist_usual_popularity",
    "artist_other_songs",
    "popularity",
    "artist_key",
    "artist",
    "src",
    "split",
];

/// One row's cells by the names of their columns.
pub type Cells<'a> = HashMap<&'a str, Cell>;

/// What a table holds at one place; the usual words for "missing" are missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Missing,
    Number(f64),
    Text(String),
}

impl Cell {
    fn text(text: &str) -> Self {
        let text = text.trim();
        let missing = ["", "nan", "na", "n/a", "null", "none"];
        if missing.contains(&text.to_lowercase().as_str()) {
            return Self::Missing;
        }
        Self::Text(text.to_owned())
    }

    pub fn number(&self) -> Option<f32> {
        let number = match self {
            Self::Missing => None,
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        };
        number
            .filter(|number| number.is_finite())
            .map(|number| number as f32)
    }

    pub fn flag(&self) -> Option<bool> {
        match self {
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => other.number().map(|number| number != 0.0),
        }
    }

    pub fn name(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Missing => None,
        }
    }
}

impl From<&Field> for Cell {
    fn from(field: &Field) -> Self {
        match field {
            Field::Bool(value) => Self::Number(f64::from(u8::from(*value))),
            Field::Byte(value) => Self::Number(f64::from(*value)),
            Field::Short(value) => Self::Number(f64::from(*value)),
            Field::Int(value) => Self::Number(f64::from(*value)),
            Field::Long(value) => Self::Number(*value as f64),
            Field::UByte(value) => Self::Number(f64::from(*value)),
            Field::UShort(value) => Self::Number(f64::from(*value)),
            Field::UInt(value) => Self::Number(f64::from(*value)),
            Field::ULong(value) => Self::Number(*value as f64),
            Field::Float(value) => Self::Number(f64::from(*value)),
            Field::Double(value) => Self::Number(*value),
            Field::Str(value) => Self::text(value),
            _ => Self::Missing,
        }
    }
}

/// Reads a table by the ending of its name: `.csv`, otherwise Parquet.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    each(path, require_features, is_wanted, |cells| {
        rows.push(row(cells));
        Ok(())
    })?;
    Ok(rows)
}

/// The names of a table's columns.
pub fn columns(path: &Path) -> Result<Vec<String>> {
    let mut columns = Vec::new();
    let keep = |names: &[String]| {
        columns = names.to_vec();
        Ok(())
    };
    each(path, keep, |_| false, |_| Ok(()))?;
    Ok(columns)
}

/// Calls `visit` with the cells of every row by the names of their columns, in the order of the
/// file; `check` sees all names first, and only `wanted` columns are read.
pub fn each(
    path: &Path,
    check: impl FnOnce(&[String]) -> Result<()>,
    wanted: impl Fn(&str) -> bool,
    visit: impl FnMut(&Cells<'_>) -> Result<()>,
) -> Result<()> {
    let csv = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let rows = if csv {
        each_of_csv(path, check, wanted, visit)
    } else {
        each_of_parquet(path, check, wanted, visit)
    };
    rows.with_context(|| format!("cannot read the table {}", path.display()))
}

fn each_of_csv(
    path: &Path,
    check: impl FnOnce(&[String]) -> Result<()>,
    wanted: impl Fn(&str) -> bool,
    mut visit: impl FnMut(&Cells<'_>) -> Result<()>,
) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path)?;
    let header: Vec<String> = reader
        .headers()?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    check(&header)?;
    if !header.iter().any(|name| wanted(name)) {
        return Ok(());
    }
    for record in reader.records() {
        let record = record?;
        let cells = header
            .iter()
            .zip(&record)
            .filter(|(name, _)| wanted(name))
            .map(|(name, value)| (name.as_str(), Cell::text(value)))
            .collect();
        visit(&cells)?;
    }
    Ok(())
}

fn each_of_parquet(
    path: &Path,
    check: impl FnOnce(&[String]) -> Result<()>,
    wanted: impl Fn(&str) -> bool,
    mut visit: impl FnMut(&Cells<'_>) -> Result<()>,
) -> Result<()> {
    let reader = SerializedFileReader::new(File::open(path)?)?;
    let schema = reader.metadata().file_metadata().schema();
    let names: Vec<String> = schema
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned())
        .collect();
    check(&names)?;
    let fields: Vec<_> = schema
        .get_fields()
        .iter()
        .filter(|field| field.is_primitive() && wanted(field.name()))
        .cloned()
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    let projection = Type::group_type_builder(schema.name())
        .with_fields(fields)
        .build()?;
    for record in reader.get_row_iter(Some(projection))? {
        let record = record?;
        let cells = record
            .get_column_iter()
            .map(|(name, field)| (name.as_str(), Cell::from(field)))
            .collect();
        visit(&cells)?;
    }
    Ok(())
}

fn is_wanted(name: &str) -> bool {
    OPTIONAL_COLUMNS.contains(&name) || Feature::ALL.iter().any(|feature| feature.name() == name)
}

fn require_features(names: &[String]) -> Result<()> {
    let missing: Vec<&str> = Feature::ALL
        .into_iter()
        .map(Feature::name)
        .filter(|feature| !names.iter().any(|name| name == feature))
        .collect();
    if !missing.is_empty() {
        bail!(
            "these feature columns are missing: {}. A table needs all eleven: {}",
            missing.join(", "),
            Feature::ALL.map(Feature::name).join(", ")
        );
    }
    Ok(())
}

fn row(cells: &Cells<'_>) -> Row {
    let cell = |name: &str| cells.get(name).unwrap_or(&Cell::Missing);
    let within =
        |value: f32, (low, high): (f32, f32)| (low..=high).contains(&value).then_some(value);
    let usual_popularity = cell("artist_usual_popularity").number();
    let other_songs = cell("artist_other_songs")
        .number()
        .unwrap_or(UNCOUNTED_SONGS);
    Row {
        features: Feature::ALL.map(|feature| {
            let (low, high) = feature.range();
            let value = cell(feature.name()).number();
            value.map(|value| value.clamp(low, high))
        }),
        year: cell("year")
            .number()
            .and_then(|year| within(year, YEAR_RANGE)),
        duration_seconds: cell("duration_ms")
            .number()
            .filter(|milliseconds| *milliseconds > 0.0)
            .and_then(|milliseconds| within(milliseconds / 1000.0, DURATION_RANGE_SECONDS)),
        explicit: cell("explicit").flag(),
        genre: cell("genre").name().filter(|genre| is_readable(genre)),
        artist_record: usual_popularity
            .filter(|_| other_songs >= 1.0)
            .map(|usual_popularity| ArtistRecord {
                usual_popularity: usual_popularity.clamp(0.0, 100.0),
                other_songs,
            }),
        popularity: cell("popularity")
            .number()
            .map(|popularity| popularity.clamp(0.0, 100.0)),
        artist: cell("artist_key").name().or_else(|| cell("artist").name()),
        source: cell("src").name(),
        split: match cell("split").name().as_deref() {
            Some("train") => Some(Part::Train),
            Some("calibrate") => Some(Part::Calibrate),
            Some("test") => Some(Part::Test),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    const CSV: &str = "\
name,danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo,year,duration_ms,explicit,genre,artist_usual_popularity,artist_other_songs,popularity,artist
\"a, b\",0.5,0.6,3,-7,1,0.04,0.1,0,0.1,0.4,120,1999.0,200000,True,\"rock, pop\",40,3,55,X
c,,2,-1,-7,1,0.04,0.1,0,0.1,0.4,120,0,0,,nan,140,,NaN,
";

    fn file(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("foretune-table-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    #[test]
    fn csv_values_are_cleaned_as_documented() {
        let path = file("songs.csv");
        std::fs::write(&path, CSV).unwrap();
        let rows = read(&path).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].features[Feature::Tempo as usize], Some(120.0));
        assert_eq!(rows[0].year, Some(1999.0));
        assert_eq!(rows[0].duration_seconds, Some(200.0));
        assert_eq!(rows[0].explicit, Some(true));
        assert_eq!(rows[0].genre.as_deref(), Some("rock, pop"));
        assert_eq!(rows[0].popularity, Some(55.0));
        assert_eq!(rows[0].artist.as_deref(), Some("X"));
        assert_eq!(rows[1].features[Feature::Danceability as usize], None);
        assert_eq!(rows[1].features[Feature::Energy as usize], Some(1.0));
        assert_eq!(rows[1].features[Feature::Key as usize], Some(0.0));
        assert_eq!((rows[1].year, rows[1].duration_seconds), (None, None));
        assert_eq!((rows[1].explicit, &rows[1].genre), (None, &None));
        let record = rows[1].artist_record.unwrap();
        assert_eq!(
            (record.usual_popularity, record.other_songs),
            (100.0, UNCOUNTED_SONGS)
        );
        assert_eq!((rows[1].popularity, &rows[1].artist), (None, &None));
    }

    #[test]
    fn a_table_without_a_feature_is_refused_by_name() {
        let path = file("short.csv");
        std::fs::write(&path, CSV.replace("valence", "mood")).unwrap();
        let error = format!("{:#}", read(&path).unwrap_err());
        assert!(error.contains("missing: valence"), "{error}");
    }

    #[test]
    fn parquet_gives_the_rows_in_order() {
        let columns: String = Feature::ALL
            .map(|feature| format!("optional double {};", feature.name()))
            .concat();
        let message = format!(
            "message songs {{ {columns} optional int64 year; optional binary genre (UTF8); }}"
        );
        let path = file("songs.parquet");
        let mut writer = SerializedFileWriter::new(
            File::create(&path).unwrap(),
            Arc::new(parse_message_type(&message).unwrap()),
            Arc::new(WriterProperties::builder().build()),
        )
        .unwrap();
        let mut group = writer.next_row_group().unwrap();
        for position in 0..11 {
            let mut column = group.next_column().unwrap().unwrap();
            // Row 0 holds 0.0, 0.01 …; row 1 lacks every value; row 2 holds 0.5.
            column
                .typed::<DoubleType>()
                .write_batch(&[f64::from(position) / 100.0, 0.5], Some(&[1, 0, 1]), None)
                .unwrap();
            column.close().unwrap();
        }
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int64Type>()
            .write_batch(&[1980, 2020], Some(&[1, 0, 1]), None)
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&[ByteArray::from("jazz")], Some(&[0, 0, 1]), None)
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();

        let rows = read(&path).unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].features[Feature::Tempo as usize], Some(0.1));
        assert_eq!(rows[1].features, [None; 11]);
        assert_eq!(rows[2].features[Feature::Energy as usize], Some(0.5));
        assert_eq!(
            rows.iter().map(|row| row.year).collect::<Vec<_>>(),
            [Some(1980.0), None, Some(2020.0)]
        );
        assert_eq!(rows[2].genre.as_deref(), Some("jazz"));
    }
}
