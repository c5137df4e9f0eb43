//! `foretune-train collect` against mocks of the services, on the loopback address.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adapters;
mod endings;
mod place;
mod server;
mod world;

use std::collections::HashSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use place::{Place, WINDOW, manners, of_deezer, of_spotify};
use server::{Logged, Server};
use world::{Faults, Track};

/// What must be stored of tracks 0 to `count` after Spotify and Deezer were asked, whatever
/// happened on the way.
fn assert_world(place: &Place, count: usize, features: bool) {
    let known = (0..count).map(Track).filter(|track| !track.is_gone());
    let known: Vec<Track> = known.collect();
    assert_eq!(
        place.count("SELECT count(*) FROM record WHERE source = 'playlist-archive'"),
        count
    );
    let of_spotify = |field: &str| {
        place.count(&format!(
            "SELECT count(*) FROM label JOIN record ON record.id = record
             WHERE source = 'spotify' AND kind = 'track' AND field = '{field}'"
        ))
    };
    assert_eq!(of_spotify("duration_ms"), known.len());
    assert_eq!(of_spotify("release_date"), known.len());
    let popular = known.iter().filter(|track| track.popularity().is_some());
    assert_eq!(of_spotify("popularity"), popular.count());
    let with_features = (0..count).map(Track).filter(|track| track.has_features());
    assert_eq!(
        of_spotify("energy"),
        if features { with_features.count() } else { 0 }
    );
    // A key that was not detected is no key.
    assert_eq!(of_spotify("key"), 0);
    let store = place.store();
    let mut rows = store
        .prepare(
            "SELECT key, spotify_id, isrc, title_key, artist_key,
                 (SELECT value FROM label WHERE record = id AND field = 'popularity')
             FROM record WHERE source = 'spotify' AND kind = 'track' AND isrc IS NOT NULL ORDER BY key",
        )
        .unwrap();
    let rows: Vec<[Option<String>; 5]> = rows
        .query_map([], |row| {
            let popularity: Option<f64> = row.get(5)?;
            let track = Track::of_id(&row.get::<_, String>(0)?);
            assert_eq!(
                popularity,
                track.popularity().map(|p| p as f64),
                "{}",
                track.0
            );
            Ok([
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ])
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let expected: Vec<[Option<String>; 5]> = known
        .iter()
        .map(|track| {
            [
                Some(track.id()),
                Some(track.id()),
                Some(track.isrc()),
                Some(format!("song {}", track.0)),
                Some(format!("artist {}", track.artist())),
            ]
        })
        .collect();
    assert!(rows == expected, "the tracks differ");
    let artists: HashSet<usize> = known.iter().map(|t| t.artist()).collect();
    let stored = "SELECT count(*) FROM label JOIN record ON record.id = record
                  WHERE kind = 'artist' AND field = 'artist_followers'";
    assert_eq!(place.count(stored), artists.len());
    let ranked = known.iter().filter(|track| !track.is_unknown_to_deezer());
    let ranked: Vec<&Track> = ranked.collect();
    let sum: usize = ranked.iter().map(|track| track.rank()).sum();
    let of_ranks = "FROM label WHERE field = 'deezer_rank'";
    assert_eq!(
        place.count(&format!("SELECT count(*) {of_ranks}")),
        ranked.len()
    );
    assert_eq!(
        place.count(&format!("SELECT CAST(sum(value) AS INTEGER) {of_ranks}")),
        sum
    );
    let without_licence = "SELECT count(*) FROM label LEFT JOIN licence ON licence.id = licence
                           WHERE note IS NULL OR note = '' OR fetched_at < 1.7e9";
    assert_eq!(place.count(without_licence), 0);
}

#[test]
fn five_thousand_tracks_come_whole_through_every_fault_and_within_the_limits() {
    let place = Place::with_archive("faults", 5_000);
    let faults = Faults {
        every: 3,
        token_requests: 40,
        ..Faults::default()
    };
    let spotify = Server::start(world::spotify(faults));
    let deezer = Server::start(world::deezer(Faults { every: 7, ..faults }));
    let reccobeats = Server::start(world::reccobeats(faults));
    let ask_all = || {
        place
            .collect("spotify", &of_spotify(&spotify, "40"))
            .assert_success();
        place
            .collect("deezer", &of_deezer(&deezer, "200"))
            .assert_success();
        let words = [manners("40"), vec!["--api-url", &reccobeats.url]].concat();
        place.collect("reccobeats", &words).assert_success();
        assert_world(&place, 5_000, true);
        [&spotify, &deezer, &reccobeats].map(|server| server.log().len())
    };
    let asked = ask_all();
    let features = "SELECT count(*) FROM label JOIN record ON record.id = record
                    WHERE source = 'reccobeats' AND field = 'energy'";
    let known = (0..5_000)
        .map(Track)
        .filter(|t| t.has_features() && !t.is_gone());
    assert_eq!(place.count(features), known.count());
    assert_eq!(
        place.label("reccobeats", "recco-42", "energy").as_deref(),
        Some("0.42")
    );
    spotify.assert_never_more_than(40, WINDOW);
    deezer.assert_never_more_than(200, WINDOW);

    // Once more: nothing is asked, and nothing changes.
    assert_eq!(ask_all(), asked);
    place.assert_no_secret();
}

/// Which settled keys a request asks for.
fn asked_for(logged: &Logged) -> Vec<String> {
    let last = logged.path.rsplit(['/', ':']).next().unwrap();
    match logged.path.as_str() {
        "/v1/audio-features" => {
            let ids = logged.query.trim_start_matches("ids=").split(',');
            ids.map(|id| format!("audio-features/{id}")).collect()
        }
        path if path.starts_with("/v1/artists/") => vec![format!("artists/{last}")],
        _ => vec![format!("tracks/{last}")],
    }
}

#[test]
fn fifty_kills_lose_nothing_double_nothing_and_ask_for_nothing_twice() {
    const COUNT: usize = 1_200;
    let place = Place::with_archive("kills", COUNT);
    let faults = Faults {
        every: 11,
        batches_closed: true,
        ..Faults::default()
    };
    let spotify = Server::start(world::spotify(faults));
    let deezer = Server::start(world::deezer(faults));
    let words = |source| match source {
        "spotify" => of_spotify(&spotify, "40"),
        _ => of_deezer(&deezer, "40"),
    };
    let mut lives: Vec<(&str, Instant, HashSet<String>)> = Vec::new();
    let mut draws = 12_345_u64;
    for kill in 0..50 {
        // Knuth's MMIX generator.
        draws = draws
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let source = if kill % 2 == 0 { "spotify" } else { "deezer" };
        let server = if kill % 2 == 0 { &spotify } else { &deezer };
        let asked = server.log().len();
        let mut command = place.command(source, &words(source));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut run: Child = command.spawn().unwrap();
        // Some lives end while the store is opened, the others some time after the first request.
        let patience = Instant::now() + Duration::from_secs(20);
        while kill % 5 != 0 && server.log().len() == asked && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis((draws >> 33) % 120));
        run.kill().unwrap();
        run.wait().unwrap();
        // What was on the way arrives before the next life begins.
        std::thread::sleep(Duration::from_millis(20));
        let killed_at = Instant::now();
        let store = place.store();
        let mut settled = store
            .prepare("SELECT key FROM settled WHERE source = ?1")
            .unwrap();
        let settled = settled.query_map([source], |row| row.get(0)).unwrap();
        lives.push((source, killed_at, settled.map(Result::unwrap).collect()));
    }
    for (source, _, settled) in &lives[48..] {
        let settled = settled.len();
        assert!(
            (20..COUNT).contains(&settled),
            "the lives of {source} left {settled}"
        );
    }
    for source in ["spotify", "deezer"] {
        place.collect(source, &words(source)).assert_success();
    }
    assert_world(&place, COUNT, true);
    for (source, killed_at, settled) in &lives {
        let server = if *source == "spotify" {
            &spotify
        } else {
            &deezer
        };
        for logged in server.log().iter().filter(|logged| logged.at > *killed_at) {
            for key in asked_for(logged) {
                assert!(
                    !settled.contains(&key),
                    "{source} was asked again for {key}"
                );
            }
        }
    }
    // The limits held across the lives, too.
    spotify.assert_never_more_than(40, WINDOW);
    deezer.assert_never_more_than(40, WINDOW);
    place.assert_no_secret();
}

#[test]
fn what_an_application_no_longer_gets_stays_missing_and_stops_nothing() {
    let place = Place::with_archive("closed", 120);
    let spotify = Server::start(world::spotify(Faults {
        batches_closed: true,
        features_closed: true,
        ..Faults::default()
    }));
    let told = place.collect("spotify", &of_spotify(&spotify, "200"));
    told.assert_ends(0, "endpoint_unavailable");
    let deezer = Server::start(world::deezer(Faults::default()));
    place
        .collect("deezer", &of_deezer(&deezer, "200"))
        .assert_success();
    assert_world(&place, 120, false);
    // An application that has them again is asked again, for them and nothing else.
    let open = Server::start(world::spotify(Faults::default()));
    place
        .collect("spotify", &of_spotify(&open, "200"))
        .assert_success();
    assert_world(&place, 120, true);
    let asked: HashSet<String> = open.log().into_iter().map(|logged| logged.path).collect();
    assert_eq!(
        asked,
        HashSet::from(["/api/token".into(), "/v1/audio-features".into()])
    );
}
