//! Files that cannot be heard, as `failed-*.csv` lists them.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::store::Stamp;
use crate::predict;

/// By the names of the files.
pub type Failures = HashMap<String, Failure>;

/// A file that cannot be heard, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Failure {
    pub file: String,
    bytes: u64,
    modified: u64,
    code: String,
    message: String,
}

impl Failure {
    pub fn new(stamp: Stamp, error: &anyhow::Error) -> Self {
        let described = predict::describe(error);
        Self {
            file: stamp.file,
            bytes: stamp.bytes,
            modified: stamp.modified,
            code: described.code.to_owned(),
            message: described.message,
        }
    }

    /// Whether the file is still as it was.
    pub fn is_of(&self, stamp: &Stamp) -> bool {
        (self.bytes, self.modified) == (stamp.bytes, stamp.modified)
    }
}

/// A list that is not there is empty.
pub fn read(path: &Path) -> Result<Failures> {
    if !path.exists() {
        return Ok(Failures::new());
    }
    csv::Reader::from_path(path)?
        .deserialize()
        .map(|row| {
            let failure: Failure = row?;
            Ok((failure.file.clone(), failure))
        })
        .collect::<Result<_>>()
        .with_context(|| format!("cannot read {}", path.display()))
}

/// An empty list is no file.
pub fn write(path: &Path, failed: &Failures) -> Result<()> {
    if failed.is_empty() {
        let _ = std::fs::remove_file(path);
        return Ok(());
    }
    let mut failed: Vec<&Failure> = failed.values().collect();
    failed.sort_by(|a, b| a.file.cmp(&b.file));
    let mut writer = csv::Writer::from_path(path)?;
    for failure in failed {
        writer.serialize(failure)?;
    }
    Ok(writer.flush()?)
}
