//! How a run ends that does not get to its end.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::place::{Place, RESUMABLE, RIGHT, Told, manners, of_spotify};
use crate::server::{Response, Server};
use crate::world::{self, Faults};

/// A Spotify that answers well `good` times and then always as `then` does.
fn spotify_then(good: usize, then: fn() -> Response) -> Server {
    let well = world::spotify(Faults::default());
    let asked = AtomicUsize::new(0);
    Server::start(move |request| {
        let answer = well(request);
        match request.path.as_str() {
            "/api/token" => answer,
            _ if asked.fetch_add(1, Ordering::SeqCst) < good => answer,
            _ => then(),
        }
    })
}

#[test]
fn a_used_up_quota_ends_the_run_with_the_time_to_resume_it() {
    for (name, code, then) in [
        (
            "quota",
            "quota_exceeded",
            (|| {
                let body = r#"{"error":{"status":429,"reason":"QUOTA_EXCEEDED"}}"#;
                Response::new(429, body).with("Retry-After", "3600")
            }) as fn() -> Response,
        ),
        ("long-wait", "wait_too_long", || {
            Response::new(429, "").with("Retry-After", "86400")
        }),
    ] {
        let place = Place::with_archive(name, 400);
        let short = spotify_then(3, then);
        let told = place.collect("spotify", &of_spotify(&short, "40"));
        told.assert_ends(RESUMABLE, code);
        let stored = place.count("SELECT count(*) FROM settled WHERE source = 'spotify'");
        assert!((50..400).contains(&stored), "{stored}");
        // Before its time nothing is asked, and the answer says when that is.
        let asked = short.log().len();
        let told = place.collect("spotify", &of_spotify(&short, "40"));
        told.assert_ends(RESUMABLE, "too_early");
        let year = jiff::Timestamp::now().to_string()[..4].to_owned();
        assert!(
            told.words.contains(&format!("until {year}-")),
            "{}",
            told.words
        );
        assert_eq!(short.log().len(), asked);
        // Afterwards the rest is asked, and no more than the rest.
        let open = Server::start(world::spotify(Faults::default()));
        let words = [of_spotify(&open, "40"), vec!["--now"]].concat();
        place.collect("spotify", &words).assert_success();
        let tracks = open
            .log()
            .into_iter()
            .filter(|logged| logged.path == "/v1/tracks");
        let ids: usize = tracks.map(|logged| logged.query.split(',').count()).sum();
        assert_eq!(ids, 400 - stored);
    }
}

#[test]
fn refusals_are_typed_and_leave_no_secret() {
    let place = Place::with_archive("refusals", 100);
    let forever_401 = spotify_then(0, || Response::new(401, "{}"));
    let told = place.collect("spotify", &of_spotify(&forever_401, "40"));
    told.assert_ends(1, "credentials_refused");

    let no_token = Server::start(|_| Response::new(400, r#"{"error":"invalid_client"}"#));
    let told = place.collect("spotify", &of_spotify(&no_token, "40"));
    told.assert_ends(1, "credentials_refused");

    let renamed = spotify_then(0, || Response::json(&json!({ "songs": [] })));
    let told = place.collect("spotify", &of_spotify(&renamed, "40"));
    told.assert_ends(RESUMABLE, "unexpected_shape");

    let broken = spotify_then(0, || Response::new(500, ""));
    let words = [of_spotify(&broken, "40"), vec!["--attempts", "2"]].concat();
    place
        .collect("spotify", &words)
        .assert_ends(RESUMABLE, "gave_up");

    let dead = ["--api-url", "http://127.0.0.1:9", "--attempts", "2"];
    let words = [manners("40"), dead.to_vec()].concat();
    place
        .collect("reccobeats", &words)
        .assert_ends(RESUMABLE, "gave_up");

    let asked = Server::start(world::spotify(Faults::default()));
    let unstated: Vec<&str> = of_spotify(&asked, "40")
        .into_iter()
        .filter(|word| *word != RIGHT)
        .collect();
    let told = place.collect("spotify", &unstated);
    told.assert_ends(1, "right_not_stated");
    assert!(told.words.contains("machine learning"), "{}", told.words);
    let secrets = place.file("secrets", "SPOTIFY_CLIENT_ID=a\n");
    let words = [
        of_spotify(&asked, "40"),
        vec!["--credentials", secrets.to_str().unwrap()],
    ]
    .concat();
    place
        .collect("spotify", &words)
        .assert_ends(1, "credentials_exposed");
    let mut without = place.command("spotify", &of_spotify(&asked, "40"));
    without.env_remove("SPOTIFY_CLIENT_SECRET");
    Told::of(without.output().unwrap()).assert_ends(1, "credentials_missing");
    assert!(asked.log().is_empty());

    let words = [RIGHT, "--api-url", "http://example.org"];
    place
        .collect("spotify", &words)
        .assert_ends(1, "insecure_url");
    place.assert_no_secret();
}

#[test]
fn budgets_and_ctrl_c_end_a_run_that_the_next_one_continues() {
    let place = Place::with_archive("budgets", 300);
    let spotify = Server::start(world::spotify(Faults::default()));
    let words = [of_spotify(&spotify, "40"), vec!["--max-requests", "4"]].concat();
    place
        .collect("spotify", &words)
        .assert_ends(RESUMABLE, "budget_spent");
    let tracks = "SELECT count(*) FROM settled WHERE key LIKE 'tracks/%'";
    assert_eq!(place.count(tracks), 200);

    let slow = Server::start({
        let answer = world::spotify(Faults::default());
        move |request| {
            std::thread::sleep(Duration::from_millis(1_500));
            answer(request)
        }
    });
    let words = [of_spotify(&slow, "40"), vec!["--concurrency", "1"]].concat();
    let mut command = place.command("spotify", &words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = command.spawn().unwrap();
    while slow
        .log()
        .iter()
        .filter(|logged| logged.path == "/v1/tracks")
        .count()
        == 0
    {
        std::thread::sleep(Duration::from_millis(10));
    }
    let signal = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(signal.unwrap().success());
    Told::of(run.wait_with_output().unwrap()).assert_ends(RESUMABLE, "interrupted");
    // What was under way is stored.
    assert_eq!(place.count(tracks), 250);
    place
        .collect("spotify", &of_spotify(&spotify, "40"))
        .assert_success();
    assert_eq!(place.count(tracks), 300);
}
