//! What Deezer's answers say of tracks.

use serde_json::Value as Json;

use crate::collect::answer::text;
use crate::collect::identity::{Identity, isrc};
use crate::collect::record::{Kind, Record, field, release_date};

/// Of an error that comes with status 200.
pub fn error_code(answer: &Json) -> Option<u64> {
    answer.get("error")?.get("code")?.as_u64()
}

pub fn track(thing: &Json) -> Option<Record> {
    let id = thing.get("id")?;
    let key = id
        .as_u64()
        .map(|id| id.to_string())
        .or_else(|| Some(id.as_str()?.to_owned()))?;
    let number = |name| thing.get(name).and_then(Json::as_f64);
    let artist = thing.get("artist").and_then(|artist| text(artist, "name"));
    let identity = Identity {
        spotify_id: None,
        isrc: text(thing, "isrc").and_then(isrc),
        title: text(thing, "title").map(str::to_owned),
        artist: artist.map(str::to_owned),
    };
    let date = text(thing, "release_date").or_else(|| text(thing.get("album")?, "release_date"));
    let has_preview = text(thing, "preview").map(|_| true);
    Some(
        Record::new(Kind::Track, key, identity)
            .with(field::DEEZER_RANK, number("rank"))
            .with(
                field::DURATION_MS,
                number("duration").filter(|s| *s > 0.0).map(|s| s * 1000.0),
            )
            .with(
                field::EXPLICIT,
                thing.get("explicit_lyrics").and_then(Json::as_bool),
            )
            .with(field::RELEASE_DATE, date.and_then(release_date))
            .with(field::HAS_PREVIEW, has_preview),
    )
}
