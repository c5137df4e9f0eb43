//! What Spotify's answers say of tracks, artists, albums and features.

use serde_json::Value as Json;

use crate::collect::answer::{text, with_features};
use crate::collect::identity::{Identity, isrc, spotify_id};
use crate::collect::record::{Kind, Record, field, release_date};

pub fn track(thing: &Json) -> Option<Record> {
    let id = spotify_id(text(thing, "id")?, "track")?;
    if thing.get("is_local").and_then(Json::as_bool) == Some(true) {
        return None;
    }
    let first = thing.get("artists").and_then(|artists| artists.get(0));
    let album = thing.get("album");
    let code = thing.get("external_ids").and_then(|ids| text(ids, "isrc"));
    let identity = Identity {
        spotify_id: Some(id.clone()),
        isrc: code.and_then(isrc),
        title: text(thing, "name").map(str::to_owned),
        artist: first.and_then(|a| text(a, "name")).map(str::to_owned),
    };
    let number = |name| thing.get(name).and_then(Json::as_f64);
    let of_album = |name| album.and_then(|album| text(album, name));
    Some(
        Record::new(Kind::Track, id, identity)
            .with(field::POPULARITY, number("popularity"))
            .with(
                field::DURATION_MS,
                number("duration_ms").filter(|ms| *ms > 0.0),
            )
            .with(
                field::EXPLICIT,
                thing.get("explicit").and_then(Json::as_bool),
            )
            .with(field::CONTENT_TYPE, text(thing, "type"))
            .with(field::ARTIST_ID, first.and_then(|a| text(a, "id")))
            .with(field::ALBUM_ID, of_album("id"))
            .with(field::ALBUM_TYPE, of_album("album_type"))
            .with(
                field::RELEASE_DATE,
                of_album("release_date").and_then(release_date),
            )
            .with(field::PREVIEW_URL, text(thing, "preview_url")),
    )
}

pub fn artist(thing: &Json) -> Option<Record> {
    let id = text(thing, "id")?;
    let genres = thing.get("genres").and_then(Json::as_array);
    let identity = Identity {
        artist: text(thing, "name").map(str::to_owned),
        ..Identity::default()
    };
    let followers = thing.get("followers").and_then(|f| f.get("total"));
    Some(
        Record::new(Kind::Artist, id, identity)
            .with(
                field::ARTIST_POPULARITY,
                thing.get("popularity").and_then(Json::as_f64),
            )
            .with(field::ARTIST_FOLLOWERS, followers.and_then(Json::as_f64))
            .with(
                field::GENRE,
                genres.and_then(|g| g.first()).and_then(Json::as_str),
            ),
    )
}

pub fn album(thing: &Json) -> Option<Record> {
    let id = text(thing, "id")?;
    Some(
        Record::new(Kind::Album, id, Identity::default())
            .with(
                field::RELEASE_DATE,
                text(thing, "release_date").and_then(release_date),
            )
            .with(field::ALBUM_TYPE, text(thing, "album_type")),
    )
}

pub fn features(thing: &Json, key: &str) -> Option<Record> {
    let identity = Identity {
        spotify_id: Some(key.to_owned()),
        ..Identity::default()
    };
    with_features(Record::new(Kind::Track, key, identity), thing)
}
