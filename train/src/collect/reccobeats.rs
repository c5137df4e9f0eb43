//! ReccoBeats: audio features without a key, by Spotify id or else by ISRC.

mod read;

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value as Json;

use super::answer::{list, refused};
use super::error::Result;
use super::http::{Client, Verdict};
use super::manners::Limit;
use super::record::Record;
use super::source::{Emit, Piece, Question, Source};
use super::store::Store;
use super::terms::{self, Terms};
use read::track;

pub const API: &str = "https://api.reccobeats.com";

/// No limit is documented.
pub const LIMIT: Limit = Limit {
    requests: 30,
    window: Duration::from_secs(30),
};

const BY_SPOTIFY_ID: &str = "features";
const BY_ISRC: &str = "features-by-isrc";

const AT_ONCE: usize = 40;

pub struct ReccoBeats<'a> {
    pub client: Client<'a>,
    pub api: String,
}

impl Source for ReccoBeats<'_> {
    fn name(&self) -> &str {
        "reccobeats"
    }

    fn terms(&self) -> Terms {
        terms::reccobeats()
    }

    fn window(&self) -> Duration {
        self.client.window()
    }

    fn stages(&self) -> Vec<&'static str> {
        vec![BY_SPOTIFY_ID, BY_ISRC]
    }

    fn plan(&self, stage: &str, store: &Store) -> Result<Vec<Question>> {
        let (stage, query) = match stage {
            BY_SPOTIFY_ID => (
                BY_SPOTIFY_ID,
                "SELECT DISTINCT spotify_id FROM record
                 WHERE spotify_id IS NOT NULL AND source <> 'reccobeats' ORDER BY spotify_id",
            ),
            _ => (
                BY_ISRC,
                "SELECT DISTINCT isrc FROM record
                 WHERE isrc IS NOT NULL AND spotify_id IS NULL
                     AND source NOT IN ('reccobeats', 'deezer')
                     AND NOT EXISTS (
                         SELECT 1 FROM record AS other
                         WHERE other.isrc = record.isrc AND other.spotify_id IS NOT NULL)
                 ORDER BY isrc",
            ),
        };
        let items = store.unsettled(self.name(), stage, store.items(query)?)?;
        Ok(Question::batches(stage, items, AT_ONCE))
    }

    fn ask(&self, question: &Question, emit: &mut Emit<'_>) -> Result<()> {
        let ids: Vec<&str> = question.items.iter().map(|i| i.key.as_str()).collect();
        let url = format!("{}/v1/audio-features?ids={}", self.api, ids.join(","));
        let answer = self.client.json(&url, None, judge)?;
        let answer = answer.map_err(|status| refused(&url, status))?;
        let list = list(&answer, "content", &url)?;
        // The answer leaves out what it does not know, and is in an order of its own.
        let mut told: HashMap<String, Record> = HashMap::new();
        for record in list.iter().filter_map(track) {
            let identity = &record.identity;
            let key = match question.stage {
                BY_SPOTIFY_ID => identity.spotify_id.clone(),
                _ => identity.isrc.clone(),
            };
            if let Some(key) = key {
                told.insert(key, record);
            }
        }
        let mut piece = Piece::default();
        for item in &question.items {
            piece.settle(question.stage, &item.key, told.remove(&item.key));
        }
        emit(piece)
    }
}

fn judge(answer: &Json) -> Verdict {
    match answer.get("error") {
        Some(error) if !error.is_null() => {
            Verdict::Bad("an error in an answer of status 200".into())
        }
        _ => Verdict::Good,
    }
}
