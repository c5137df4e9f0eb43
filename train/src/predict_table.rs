//! Predicting the popularity of every row of a table.

use std::path::Path;

use anyhow::{Context as _, Result};
use foretune::model::{FileEntry, MANIFEST_FILE, ModelFiles};
use foretune::popularity::columns::Song;
use foretune::popularity::{PopularityEntry, PopularityModel};

use crate::table::{self, Row};

/// Writes `p10,p50,p90,mean` for every row of the table at `input`, in its order, to the CSV
/// file `output`; gives the number of rows.
pub fn predict_table(models: &Path, input: &Path, output: &Path) -> Result<usize> {
    let model = load_model(models)?;
    let rows = table::read(input)?;
    let mut writer = csv::Writer::from_path(output)
        .with_context(|| format!("cannot write {}", output.display()))?;
    writer.write_record(["p10", "p50", "p90", "mean"])?;
    for row in &rows {
        let popularity = model.predict_song(song(row))?;
        let numbers = [
            popularity.p10,
            popularity.p50,
            popularity.p90,
            popularity.mean,
        ];
        writer.write_record(numbers.map(|number| format!("{number:.3}")))?;
    }
    writer.flush()?;
    let incomplete = rows
        .iter()
        .filter(|row| row.features.iter().any(Option::is_none))
        .count();
    if incomplete > 0 {
        eprintln!(
            "{incomplete} of {} rows lack a feature; they are answered by what is left",
            rows.len()
        );
    }
    Ok(rows.len())
}

/// The popularity model of a models folder. A table needs none of the others.
pub fn load_model(models: &Path) -> Result<PopularityModel> {
    #[derive(serde::Deserialize)]
    struct Needed {
        popularity: PopularityEntry,
        reference: FileEntry,
    }
    let read = |file: &str| {
        let path = models.join(file);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let needed: Needed = serde_json::from_slice(&read(MANIFEST_FILE)?)
        .context("the manifest names no popularity model; `foretune-train train` makes one")?;
    let mut files = ModelFiles::new();
    for entry in [&needed.popularity.file, &needed.reference] {
        files.insert(entry.file.clone(), read(&entry.file)?);
    }
    Ok(PopularityModel::load(
        &needed.popularity,
        &needed.reference,
        &files,
    )?)
}

/// A table's row as the model reads it: with exact features, as many as it has.
pub fn song(row: &Row) -> Song {
    Song {
        features: row.features,
        estimated: false,
        heard: None,
        year: row.year,
        duration_seconds: row.duration_seconds,
        explicit: row.explicit,
        genre: row.genre.clone(),
        artist: row.artist_record,
    }
}
