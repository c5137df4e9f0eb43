//! What ReccoBeats' answers say of tracks.

use serde_json::Value as Json;

use crate::collect::answer::with_features;
use crate::collect::identity::{Identity, isrc, spotify_id};
use crate::collect::record::{Kind, Record};

pub fn track(thing: &Json) -> Option<Record> {
    let text = |name: &str| thing.get(name).and_then(Json::as_str);
    let identity = Identity {
        spotify_id: text("href").and_then(|href| spotify_id(href, "track")),
        isrc: text("isrc").and_then(isrc),
        ..Identity::default()
    };
    with_features(Record::new(Kind::Track, text("id")?, identity), thing)
}
