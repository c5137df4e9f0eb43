//! A checkout of an archive of playlists, as mackorone/spotify-playlist-archive keeps them: one JSON
//! file a list, under `playlists/`, in either of its two forms (`added_at` or `date_added`).

mod read;

use std::path::{Path, PathBuf};

use super::error::{Error, Result};
use super::files;
use super::source::{Emit, Item, Piece, Question, Source};
use super::store::Store;
use super::terms::{self, Terms};
use read::Playlist;

pub struct PlaylistArchive {
    pub folder: PathBuf,
    /// Part of the names of the lists to read, whatever their case; empty for all.
    pub pattern: String,
}

const STAGE: &str = "playlists";

impl Source for PlaylistArchive {
    fn name(&self) -> &str {
        "playlist-archive"
    }

    fn terms(&self) -> Terms {
        terms::playlist_archive()
    }

    fn stages(&self) -> Vec<&'static str> {
        vec![STAGE]
    }

    /// A list is read again when its file has changed.
    fn plan(&self, _stage: &str, store: &Store) -> Result<Vec<Question>> {
        let lists = self.folder.join("playlists");
        let root = if lists.is_dir() { &lists } else { &self.folder };
        let pattern = self.pattern.to_lowercase();
        let mut items = Vec::new();
        for path in files::below(root, &["json"])? {
            // The archive keeps a list in several forms and a registry of them all; only files that
            // hold tracks count, and the list's name is in the file.
            let Ok(list) = serde_json::from_slice::<Playlist>(&files::read(&path)?) else {
                continue;
            };
            if list.is_named(&pattern) {
                items.push(Item {
                    key: files::fingerprint(&self.folder, &path)?,
                    detail: path.display().to_string(),
                });
            }
        }
        let items = store.unsettled(self.name(), STAGE, items)?;
        Ok(Question::batches(STAGE, items, 1))
    }

    fn ask(&self, question: &Question, emit: &mut Emit<'_>) -> Result<()> {
        // A list is a question of its own.
        for item in &question.items {
            let path = Path::new(&item.detail);
            let list: Playlist =
                serde_json::from_slice(&files::read(path)?).map_err(|e| Error::Unreadable {
                    path: item.detail.clone(),
                    reason: e.to_string(),
                    advice: "Update the checkout of the archive.",
                })?;
            emit(Piece {
                records: list.records(),
                settled: question.found(),
            })?;
        }
        Ok(())
    }
}
