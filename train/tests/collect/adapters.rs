//! What the sources are each good for beside the great run: playlists, previews, one's own.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::place::{Place, of_deezer, of_spotify};
use crate::server::{Response, Server};
use crate::world::{self, Faults, Track};

#[test]
fn playlists_are_read_under_their_old_names_and_their_new_ones() {
    for (name, page, thing) in [("new", "items", "item"), ("old", "tracks", "track")] {
        let place = Place::new(&format!("playlists-{name}"));
        let tracks = world::spotify(Faults::default());
        let lists = format!("/v1/playlists/abc/{page}");
        let server = Server::start(move |request| {
            if request.path != lists {
                return match request.path.starts_with("/v1/playlists/") {
                    true => Response::new(404, "{}"),
                    false => tracks(request),
                };
            }
            let first = request.parameter("offset").as_deref() == Some("0");
            let entry = |value| json!({ "added_at": "2026-01-02T00:00:00Z", thing: value });
            let local = json!({ "id": null, "is_local": true, "name": "x", "type": "track" });
            let items = match first {
                true => vec![
                    entry(Track(1).on_spotify()),
                    entry(json!(null)),
                    entry(local),
                ],
                false => vec![entry(Track(2).on_spotify())],
            };
            let next = if first { json!("more") } else { json!(null) };
            Response::json(&json!({ "items": items, "next": next }))
        });
        let words = [of_spotify(&server, "40"), vec!["--playlist", "abc"]].concat();
        place.collect("spotify", &words).assert_success();
        let tracks = "SELECT count(*) FROM record WHERE kind = 'track'";
        assert_eq!(place.count(tracks), 2, "{name}");
        let popularity = place.label("spotify", &Track(2).id(), "popularity");
        assert_eq!(popularity.as_deref(), Some("62.0"));
        let added = place.label("spotify", &Track(1).id(), "added_at");
        assert_eq!(added.as_deref(), Some("2026-01-02T00:00:00Z"));
    }
}

#[test]
fn previews_are_kept_under_a_fresh_address_and_songs_without_isrc_are_searched() {
    let place = Place::new("previews");
    let table = "track_name,artist_name,isrc,popularity\nA Song (Remastered),\"The Band\",,50\nOther,Band,XXABC0000001,0\nNobody,Knows,,\n";
    let table = place.file("mine.csv", table);
    let words = [
        "--table",
        table.to_str().unwrap(),
        "--licence",
        "my own notes",
    ];
    place.collect("table", &words).assert_success();
    let files = Server::start(|request| match request.query.as_str() {
        "fresh" => Response::new(200, "an mp3"),
        _ => Response::new(403, "expired"),
    });
    let audio = files.url.clone();
    let asked = AtomicUsize::new(0);
    let deezer = Server::start(move |request| {
        let isrc = json!({ "id": 8, "title": "Other", "artist": { "name": "Band" }, "isrc": "XXABC0000001", "rank": 7, "preview": format!("{audio}/8.mp3?stale") });
        let mut song = json!({ "id": 9, "title": "A Song", "artist": { "name": "Band" }, "rank": 5, "preview": format!("{audio}/9.mp3?stale") });
        match request.path.as_str() {
            "/track/isrc:XXABC0000001" | "/track/8" => Response::json(&isrc),
            "/track/9" => {
                song["isrc"] = "XXABC0000002".into();
                // The second time it is asked for to be downloaded.
                if asked.fetch_add(1, Ordering::SeqCst) > 0 {
                    song["preview"] = format!("{audio}/9.mp3?fresh").into();
                }
                Response::json(&song)
            }
            "/search/track" if request.query.contains("A%20Song") => {
                let live =
                    json!({ "id": 10, "title": "A Song (Live)", "artist": { "name": "Band" } });
                Response::json(&json!({ "data": [live, song] }))
            }
            "/search/track" => Response::json(&json!({ "data": [] })),
            path => panic!("{path}"),
        }
    });
    let folder = place.path("previews");
    let words = [
        of_deezer(&deezer, "40"),
        vec!["--previews", folder.to_str().unwrap()],
    ]
    .concat();
    place.collect("deezer", &words).assert_success();
    assert_eq!(
        place.label("deezer", "9", "deezer_rank").as_deref(),
        Some("5.0")
    );
    let kept = place.label("deezer", "9", "audio").unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), b"an mp3");
    assert_eq!(place.label("deezer", "8", "audio"), None);
    assert_eq!(
        place.count("SELECT count(*) FROM record WHERE source = 'deezer'"),
        2
    );
    place.collect("deezer", &words).assert_success();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
}

#[test]
fn tables_and_folders_of_ones_own_keep_what_is_missing_missing() {
    let place = Place::new("own");
    let id = Track(3).id();
    let rows = format!(
        "track_id,track_name,artists,fame,energy,year,duration_ms,track_genre\n{id},A,X;Y,0,0.5,1999,200000,pop\n{id},A,X;Y,0,0.5,1999,200000,rock\n,B,Z,,,0,0,\n"
    );
    let table = place.file("songs.csv", &rows);
    let words = [
        "--table",
        table.to_str().unwrap(),
        "--licence",
        "CC0",
        "--column",
        "popularity=fame",
    ];
    for (words, answered) in [
        (&words[..], "1 answered"),
        // As it was read already, and then to be read in another way.
        (&words[..], "0 answered"),
        (
            &[&words[..3], &["CC BY"], &words[4..]].concat(),
            "1 answered",
        ),
    ] {
        let told = place.collect("table", words);
        told.assert_success();
        assert!(told.words.contains(answered), "{}", told.words);
    }
    assert_eq!(place.count("SELECT count(*) FROM record"), 3);
    let key = format!("spotify:{id}");
    let of = |field| place.label("table:songs", &key, field);
    assert_eq!(of("popularity").as_deref(), Some("0.0"));
    assert_eq!(of("genre").as_deref(), Some("pop"));
    for field in [
        "popularity",
        "energy",
        "release_date",
        "duration_ms",
        "genre",
    ] {
        assert_eq!(place.label("table:songs", "z/b", field), None, "{field}");
    }
    let wrong = [&words[..4], &["--column", "popularity=nothing"]].concat();
    let told = place.collect("table", &wrong);
    assert!(
        told.code == 1 && told.words.contains("track_name"),
        "{}",
        told.words
    );

    std::fs::create_dir_all(place.path("audio/deep")).unwrap();
    for file in [
        "audio/a.wav",
        "audio/deep/b.mp3",
        "audio/.hidden.mp3",
        "audio/notes.txt",
    ] {
        place.file(file, "x");
    }
    let labels = place.file(
        "labels.csv",
        "file,title,artist,popularity\na.wav,B,Z,40\nmissing.wav,C,Z,10\n",
    );
    let audio = place.path("audio");
    let words = [
        "--audio",
        audio.to_str().unwrap(),
        "--labels",
        labels.to_str().unwrap(),
        "--licence",
        "mine",
    ];
    let told = place.collect("folder", &words);
    told.assert_success();
    assert!(
        told.words.contains("1 rows name no audio file"),
        "{}",
        told.words
    );
    assert_eq!(
        place.label("folder", "a.wav", "popularity").as_deref(),
        Some("40.0")
    );
    assert!(
        place
            .label("folder", "deep/b.mp3", "audio")
            .unwrap()
            .ends_with("audio/deep/b.mp3")
    );
    assert_eq!(
        place.count("SELECT count(*) FROM record WHERE source = 'folder'"),
        2
    );
    let status = place.collect("status", &[]);
    assert!(
        status.words.contains("folder: 2 records"),
        "{}",
        status.words
    );
}
