//! `songs.csv` once more, with what was heard.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use foretune::features::Feature;

use super::store::{Extracted, FOLDER};
use crate::catalogue::SONGS_FILE;

/// Writes `heard.csv`: `songs.csv` with the features that it lacks as the models estimated them: a table that
/// `train --table` reads. Songs that cannot be heard are left out.
pub fn write(folder: &Path) -> Result<PathBuf> {
    let extracted = Extracted::open(&folder.join(FOLDER))?;
    let mut reader = csv::Reader::from_path(folder.join(SONGS_FILE))?;
    let header = reader.headers()?.clone();
    let path = folder.join("heard.csv");
    let mut writer = csv::Writer::from_path(&path)?;
    let place = |name: &str| header.iter().position(|column| column == name);
    let file = place("file").context("songs.csv has no column `file`")?;
    let features = Feature::ALL.map(|feature| place(feature.name()));
    let source = place("features_source");
    writer.write_record(&header)?;
    for record in reader.records() {
        let record = record?;
        let Some(song) = record.get(file).and_then(|file| extracted.get(file)) else {
            continue;
        };
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        let estimated = song.features()?;
        let mut filled = false;
        for (place, estimate) in features.iter().zip(estimated) {
            if let Some(cell) = place
                .and_then(|place| cells.get_mut(place))
                .filter(|cell| cell.is_empty())
            {
                *cell = estimate.to_string();
                filled = true;
            }
        }
        if let Some(cell) = source
            .and_then(|place| cells.get_mut(place))
            .filter(|_| filled)
        {
            let and = if cell.is_empty() { "" } else { " and " };
            *cell = format!("{cell}{and}foretune");
        }
        writer.write_record(&cells)?;
    }
    writer.flush()?;
    Ok(path)
}
