//! Spotify's Web API with client credentials: tracks, artists, release dates, and audio features
//! and previews where the application still gets them.

mod read;
mod token;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value as Json;

use super::answer::{list, refused};
use super::credentials::Credentials;
use super::error::Result;
use super::http::{Client, Verdict};
use super::manners::Limit;
use super::previews;
use super::record::{Record, field};
use super::source::{Emit, Item, Outcome, Piece, Question, Source};
use super::store::Store;
use super::terms::{self, Terms};
use read::{album, artist, features, track};
use token::Token;

pub const API: &str = "https://api.spotify.com";
pub const ACCOUNTS: &str = "https://accounts.spotify.com";

/// Spotify names a rolling window of 30 seconds and no number; this stays well below what
/// applications in development mode have been seen to get.
pub const LIMIT: Limit = Limit {
    requests: 60,
    window: Duration::from_secs(30),
};

const PLAYLISTS: &str = "playlists";
const TRACKS: &str = "tracks";
const ARTISTS: &str = "artists";
const ALBUMS: &str = "albums";
const FEATURES: &str = "audio-features";
const PREVIEWS: &str = "previews";

pub struct Spotify<'a> {
    client: Client<'a>,
    api: String,
    token: Token,
    playlists: Vec<String>,
    previews: Option<PathBuf>,
    /// Endpoints for many things at once that turned out to be closed to this application.
    closed: [AtomicBool; 3],
}

/// An endpoint that answers one thing, or a list of them.
struct Endpoint {
    stage: &'static str,
    /// Of the path and of the list in the answer.
    name: &'static str,
    /// Place in [`Spotify::closed`].
    place: usize,
    read: fn(&Json) -> Option<Record>,
}

const ENDPOINTS: [Endpoint; 3] = [
    Endpoint {
        stage: TRACKS,
        name: "tracks",
        place: 0,
        read: track,
    },
    Endpoint {
        stage: ARTISTS,
        name: "artists",
        place: 1,
        read: artist,
    },
    Endpoint {
        stage: ALBUMS,
        name: "albums",
        place: 2,
        read: album,
    },
];

const FEATURES_AT_ONCE: usize = 100;

impl<'a> Spotify<'a> {
    pub fn new(
        client: Client<'a>,
        api: String,
        accounts: &str,
        credentials: &Credentials,
        playlists: Vec<String>,
        previews: Option<PathBuf>,
    ) -> Self {
        Self {
            token: Token::new(accounts, credentials),
            client,
            api,
            playlists,
            previews,
            closed: Default::default(),
        }
    }

    fn get(&self, url: &str) -> Result<std::result::Result<Json, u16>> {
        self.client.json(url, Some(&self.token), judge)
    }

    /// Many things at once, where that is open; otherwise one after another.
    fn ask_for_things(
        &self,
        endpoint_of: &Endpoint,
        items: &[Item],
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let closed = &self.closed[endpoint_of.place];
        let base = format!("{}/v1/{}", self.api, endpoint_of.name);
        if items.len() > 1 && !closed.load(Ordering::Relaxed) {
            let ids: Vec<&str> = items.iter().map(|item| item.key.as_str()).collect();
            let url = format!("{base}?ids={}", ids.join(","));
            match self.get(&url)? {
                Ok(answer) => {
                    let list = list(&answer, endpoint_of.name, &url)?;
                    return emit(told(endpoint_of, items, list));
                }
                // Closed to applications in development mode since 2026.
                Err(400..=499) => closed.store(true, Ordering::Relaxed),
                Err(status) => return Err(refused(&url, status)),
            }
        }
        for item in items {
            let url = format!("{base}/{}", item.key);
            let answer = match self.get(&url)? {
                Ok(answer) => answer,
                Err(400 | 404) => Json::Null,
                Err(status) => return Err(refused(&base, status)),
            };
            emit(told(endpoint_of, std::slice::from_ref(item), &[answer]))?;
        }
        Ok(())
    }

    fn ask_for_features(&self, items: &[Item], emit: &mut Emit<'_>) -> Result<()> {
        let ids: Vec<&str> = items.iter().map(|item| item.key.as_str()).collect();
        let url = format!("{}/v1/audio-features?ids={}", self.api, ids.join(","));
        let answer = self.get(&url)?.map_err(|status| refused(&url, status))?;
        let list = list(&answer, "audio_features", &url)?;
        let mut piece = Piece::default();
        for (item, told) in items.iter().zip(list) {
            let record = features(told, &item.key);
            piece.settle(FEATURES, &item.key, record);
        }
        emit(piece)
    }

    fn ask_for_playlist(&self, id: &str, emit: &mut Emit<'_>) -> Result<()> {
        let mut page = "items";
        let mut offset = 0;
        loop {
            let url = format!(
                "{}/v1/playlists/{id}/{page}?limit=50&offset={offset}",
                self.api
            );
            let answer = match self.get(&url)? {
                Ok(answer) => answer,
                // What is `items` now was `tracks` before 2026.
                Err(403..=405) if page == "items" && offset == 0 => {
                    page = "tracks";
                    continue;
                }
                Err(400 | 404) if offset == 0 => {
                    let mut absent = Piece::default();
                    absent.settle(PLAYLISTS, id, None);
                    return emit(absent);
                }
                Err(status) => return Err(refused(&url, status)),
            };
            let list = list(&answer, "items", &url)?;
            let records = list
                .iter()
                .filter_map(|entry| {
                    let thing = entry.get("item").or_else(|| entry.get("track"))?;
                    let added = entry.get("added_at").and_then(Json::as_str);
                    Some(track(thing)?.with(field::ADDED_AT, added))
                })
                .map(|mut record| {
                    // The list tells which tracks there are; what they are is asked for next.
                    record.labels.retain(|(name, _)| *name == field::ADDED_AT);
                    record
                })
                .collect();
            offset += list.len();
            let last = answer.get("next").is_none_or(Json::is_null) || list.is_empty();
            let settled = last.then(|| (Question::stored_key(PLAYLISTS, id), Outcome::Found));
            emit(Piece {
                records,
                settled: settled.into_iter().collect(),
            })?;
            if last {
                return Ok(());
            }
        }
    }

    fn ask_for_preview(&self, item: &Item, emit: &mut Emit<'_>) -> Result<()> {
        let Some(folder) = &self.previews else {
            return Ok(());
        };
        let record = previews::download(&self.client, &item.detail, folder, &item.key, &item.key)?;
        let mut piece = Piece::default();
        piece.settle(PREVIEWS, &item.key, record);
        emit(piece)
    }
}

impl Source for Spotify<'_> {
    fn name(&self) -> &str {
        "spotify"
    }

    fn terms(&self) -> Terms {
        terms::spotify()
    }

    fn window(&self) -> Duration {
        self.client.window()
    }

    fn stages(&self) -> Vec<&'static str> {
        let mut stages = vec![PLAYLISTS, TRACKS, ARTISTS, ALBUMS, FEATURES];
        if self.previews.is_some() {
            stages.push(PREVIEWS);
        }
        stages
    }

    fn plan(&self, stage: &str, store: &Store) -> Result<Vec<Question>> {
        let tracks = "SELECT DISTINCT spotify_id FROM record
                      WHERE kind = 'track' AND spotify_id IS NOT NULL ORDER BY spotify_id";
        let (stage, query, at_once) = match stage {
            PLAYLISTS => {
                let lists = self.playlists.iter().map(|id| Item::key(id.as_str()));
                let lists = store.unsettled(self.name(), PLAYLISTS, lists.collect())?;
                return Ok(Question::batches(PLAYLISTS, lists, 1));
            }
            TRACKS => (TRACKS, tracks, 50),
            ARTISTS => (
                ARTISTS,
                "SELECT DISTINCT value FROM label JOIN record ON record.id = record
                 WHERE source = 'spotify' AND field = 'artist_id' ORDER BY value",
                50,
            ),
            // A track mostly comes with its album's date.
            ALBUMS => (
                ALBUMS,
                "SELECT DISTINCT value FROM label JOIN record ON record.id = record
                 WHERE source = 'spotify' AND field = 'album_id' AND NOT EXISTS (
                     SELECT 1 FROM label AS date
                     WHERE date.record = record.id AND date.field = 'release_date')
                 ORDER BY value",
                20,
            ),
            FEATURES => (FEATURES, tracks, FEATURES_AT_ONCE),
            _ => (
                PREVIEWS,
                "SELECT key, value FROM label JOIN record ON record.id = record
                 WHERE source = 'spotify' AND field = 'preview_url' ORDER BY key",
                1,
            ),
        };
        let items = store.unsettled(self.name(), stage, store.items(query)?)?;
        Ok(Question::batches(stage, items, at_once))
    }

    fn ask(&self, question: &Question, emit: &mut Emit<'_>) -> Result<()> {
        let items = &question.items;
        if let Some(endpoint) = ENDPOINTS.iter().find(|e| e.stage == question.stage) {
            return self.ask_for_things(endpoint, items, emit);
        }
        if question.stage == FEATURES {
            return self.ask_for_features(items, emit);
        }
        for item in items {
            match question.stage {
                PLAYLISTS => self.ask_for_playlist(&item.key, emit)?,
                _ => self.ask_for_preview(item, emit)?,
            }
        }
        Ok(())
    }
}

/// An error object in the body of an answer with a good status is no answer.
fn judge(answer: &Json) -> Verdict {
    match answer.get("error") {
        Some(error) if !error.is_null() => match error.get("status").and_then(Json::as_u64) {
            Some(429) => Verdict::TooFast,
            _ => Verdict::Bad("an error in an answer of status 200".into()),
        },
        _ => Verdict::Good,
    }
}

/// The answer's list stands in the order of the question; what is not known is null.
fn told(endpoint: &Endpoint, items: &[Item], list: &[Json]) -> Piece {
    let mut piece = Piece::default();
    for (item, told) in items.iter().zip(list) {
        let record = (endpoint.read)(told).map(|mut record| {
            // A track may be answered as another release of itself; it stays what was asked for.
            record.key.clone_from(&item.key);
            if record.identity.spotify_id.is_some() {
                record.identity.spotify_id = Some(item.key.clone());
            }
            record
        });
        piece.settle(endpoint.stage, &item.key, record);
    }
    piece
}
