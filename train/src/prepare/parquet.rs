//! Writing a query's rows as Parquet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rusqlite::Row;

use super::columns::{Column, Kind};

/// Rows of a group: what is held in memory at a time.
const GROUP_ROWS: usize = 50_000;

/// One column's values of a group: those that are there, and where they are.
enum Values {
    Text(Vec<ByteArray>),
    Number(Vec<f64>),
    Integer(Vec<i64>),
    Flag(Vec<bool>),
}

struct Filling {
    values: Values,
    /// 1 where the row has a value, 0 where it is missing.
    levels: Vec<i16>,
}

pub struct Writer<'a> {
    columns: &'a [Column],
    file: SerializedFileWriter<File>,
    filling: Vec<Filling>,
}

impl<'a> Writer<'a> {
    /// `notes` go into the file's own metadata.
    pub fn create(path: &Path, columns: &'a [Column], notes: &[(String, String)]) -> Result<Self> {
        let fields: String = columns
            .iter()
            .map(|column| column.kind.parquet(column.name))
            .collect();
        let schema = parse_message_type(&format!("message songs {{ {fields} }}"))?;
        let notes = notes
            .iter()
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_key_value_metadata(Some(notes.collect()))
            .build();
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            columns,
            file: SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?,
            filling: columns.iter().map(Filling::new).collect(),
        })
    }

    /// `row` has the columns in their order.
    pub fn push(&mut self, row: &Row<'_>) -> Result<()> {
        for (place, filling) in self.filling.iter_mut().enumerate() {
            filling.push(row, place)?;
        }
        if self
            .filling
            .first()
            .is_some_and(|f| f.levels.len() >= GROUP_ROWS)
        {
            self.flush()?;
        }
        Ok(())
    }

    pub fn close(mut self) -> Result<()> {
        self.flush()?;
        self.file.close()?;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if self.filling.first().is_none_or(|f| f.levels.is_empty()) {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for (column, filling) in self.columns.iter().zip(&mut self.filling) {
            let full = std::mem::replace(filling, Filling::new(column));
            full.write(&mut group)?;
        }
        group.close()?;
        Ok(())
    }
}

impl Filling {
    fn new(column: &Column) -> Self {
        let values = match column.kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Number => Values::Number(Vec::new()),
            Kind::Integer => Values::Integer(Vec::new()),
            Kind::Flag => Values::Flag(Vec::new()),
        };
        Self {
            values,
            levels: Vec::new(),
        }
    }

    fn push(&mut self, row: &Row<'_>, place: usize) -> Result<()> {
        fn add<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
            let there = value.is_some();
            values.extend(value);
            there
        }
        let there = match &mut self.values {
            Values::Text(values) => {
                let text: Option<String> = row.get(place)?;
                add(values, text.map(|text| ByteArray::from(text.into_bytes())))
            }
            Values::Number(values) => add(values, row.get(place)?),
            Values::Integer(values) => add(values, row.get(place)?),
            Values::Flag(values) => {
                let flag: Option<f64> = row.get(place)?;
                add(values, flag.map(|flag| flag != 0.0))
            }
        };
        self.levels.push(i16::from(there));
        Ok(())
    }

    fn write(self, group: &mut SerializedRowGroupWriter<'_, File>) -> Result<()> {
        let mut column = group
            .next_column()?
            .context("the schema has another number of columns")?;
        let levels = Some(self.levels.as_slice());
        match &self.values {
            Values::Text(values) => column
                .typed::<ByteArrayType>()
                .write_batch(values, levels, None),
            Values::Number(values) => column
                .typed::<DoubleType>()
                .write_batch(values, levels, None),
            Values::Integer(values) => column
                .typed::<Int64Type>()
                .write_batch(values, levels, None),
            Values::Flag(values) => column.typed::<BoolType>().write_batch(values, levels, None),
        }?;
        column.close()?;
        Ok(())
    }
}
