//! A checkout of an archive of playlists, as mackorone/spotify-playlist-archive keeps them: one JSON
//! file a list, under `playlists/`, in either of its two forms (`added_at` or `date_added`).

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{Error, Result};
use super::files;
use super::identity::{Identity, spotify_id};
use super::source::{Emit, Item, Kind, Piece, Question, Record, Source, field};
use super::store::Store;
use super::terms::{self, Terms};

pub struct PlaylistArchive {
    pub folder: PathBuf,
    /// Part of the names of the lists to read, whatever their case; empty for all.
    pub pattern: String,
}

const STAGE: &str = "playlists";

#[derive(Deserialize)]
struct Playlist {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    original_name: Option<String>,
    tracks: Vec<Option<Listed>>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    artists: Vec<Named>,
    #[serde(default)]
    duration_ms: Option<f64>,
    #[serde(default)]
    added_at: Option<String>,
    #[serde(default)]
    date_added: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: Option<String>,
}

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
        let mut items = Vec::new();
        for path in files::below(root, &["json"])? {
            // The archive keeps a list in several forms and a registry of them all; only files that
            // hold tracks count, and the list's name is in the file.
            let Ok(list) = serde_json::from_slice::<Playlist>(&files::read(&path)?) else {
                continue;
            };
            if self.is_wanted(&list) {
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
            let name = list.original_name.or(list.name);
            let records = list
                .tracks
                .into_iter()
                .flatten()
                .filter_map(|track| record(track, name.as_deref()))
                .collect();
            emit(Piece {
                records,
                settled: question.found(),
            })?;
        }
        Ok(())
    }
}

impl PlaylistArchive {
    fn is_wanted(&self, list: &Playlist) -> bool {
        let pattern = self.pattern.to_lowercase();
        [&list.name, &list.original_name]
            .into_iter()
            .flatten()
            .any(|name| name.to_lowercase().contains(&pattern))
    }
}

/// `None` for what has no Spotify id, such as a local file.
fn record(track: Listed, list: Option<&str>) -> Option<Record> {
    let id = spotify_id(track.url.as_deref()?, "track")?;
    let identity = Identity {
        spotify_id: Some(id.clone()),
        isrc: None,
        title: track.name,
        artist: track.artists.into_iter().next().and_then(|a| a.name),
    };
    Some(
        Record::new(Kind::Track, id, identity)
            .with(field::DURATION_MS, track.duration_ms.filter(|ms| *ms > 0.0))
            .with(field::PLAYLIST, list)
            .with(field::ADDED_AT, track.added_at.or(track.date_added)),
    )
}
