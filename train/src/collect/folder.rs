//! Audio of one's own, and a table that says what it is.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::error::{Error, Result};
use super::files::{self, AUDIO_ENDINGS};
use super::identity::Identity;
use super::record::{Kind, Record, field};
use super::source::{Emit, Item, Piece, Question, Source};
use super::store::Store;
use super::table::Columns;
use super::terms::{self, Terms};
use crate::table::{self, Cell};

pub struct Folder {
    pub audio: PathBuf,
    /// CSV or Parquet with a column `file`, relative to the folder, beside a table's columns.
    pub labels: Option<(PathBuf, Columns)>,
    pub licence: String,
}

const STAGE: &str = "folders";
const FILE: &str = "file";

impl Source for Folder {
    fn name(&self) -> &str {
        "folder"
    }

    fn terms(&self) -> Terms {
        terms::own(&self.licence)
    }

    fn stages(&self) -> Vec<&'static str> {
        vec![STAGE]
    }

    /// Looks at the folder in every run: that is cheap, and what is stored stays the same.
    fn plan(&self, _stage: &str, _store: &Store) -> Result<Vec<Question>> {
        let path = self.audio.display().to_string();
        Ok(Question::batches(STAGE, vec![Item::key(path)], 1))
    }

    fn ask(&self, question: &Question, emit: &mut Emit<'_>) -> Result<()> {
        let root =
            std::fs::canonicalize(&self.audio).map_err(|e| files::unreadable(&self.audio, &e))?;
        let audio = files::below(&root, &AUDIO_ENDINGS)?;
        let mut unlabelled: HashSet<&Path> = audio.iter().map(PathBuf::as_path).collect();
        let mut records = Vec::new();
        let mut without_audio = 0;
        if let Some((labels, columns)) = &self.labels {
            let read = table::each(
                labels,
                |_| Ok(()),
                |name| name == FILE || columns.is_wanted(name),
                |cells| {
                    let Some(file) = cells.get(FILE).and_then(Cell::name) else {
                        return Ok(());
                    };
                    let path = root.join(&file);
                    if !unlabelled.remove(path.as_path()) {
                        without_audio += 1;
                        return Ok(());
                    }
                    let identity = columns.identity(cells);
                    records.push(columns.label(record(&root, &path, identity), cells));
                    Ok(())
                },
            );
            read.map_err(|e| Error::Unreadable {
                path: labels.display().to_string(),
                reason: e.root_cause().to_string(),
                advice: "It should be CSV or Parquet with a column `file`, relative to the folder of audio.",
            })?;
        }
        if without_audio > 0 {
            eprintln!(
                "{without_audio} rows name no audio file below {}, or one twice",
                root.display()
            );
        }
        let bare = audio
            .iter()
            .filter(|path| unlabelled.contains(path.as_path()));
        records.extend(bare.map(|path| record(&root, path, Identity::default())));
        if !unlabelled.is_empty() && self.labels.is_some() {
            eprintln!("{} audio files have no labels", unlabelled.len());
        }
        emit(Piece {
            records,
            settled: question.found(),
        })
    }
}

fn record(root: &Path, path: &Path, identity: Identity) -> Record {
    let key = path.strip_prefix(root).unwrap_or(path);
    Record::new(Kind::Track, key.display().to_string(), identity)
        .with(field::AUDIO, Some(path.display().to_string()))
}
