//! The two forms of a list in the archive.

use serde::Deserialize;

use crate::collect::identity::{Identity, spotify_id};
use crate::collect::record::{Kind, Record, field};

#[derive(Deserialize)]
pub struct Playlist {
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

impl Playlist {
    /// Whether its name, or the one it had first, holds `pattern`, which is in lower case.
    pub fn is_named(&self, pattern: &str) -> bool {
        [&self.name, &self.original_name]
            .into_iter()
            .flatten()
            .any(|name| name.to_lowercase().contains(pattern))
    }

    pub fn records(self) -> Vec<Record> {
        let name = self.original_name.or(self.name);
        self.tracks
            .into_iter()
            .flatten()
            .filter_map(|track| record(track, name.as_deref()))
            .collect()
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
