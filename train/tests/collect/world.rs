//! An invented world of tracks, and the three services that know it, with every fault that has been
//! seen in one of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::server::{Request, Response};

/// What is true of track `n`. Everything follows from the number, so that a test can say what must
/// be stored of it.
#[derive(Clone, Copy)]
pub struct Track(pub usize);

impl Track {
    pub fn id(self) -> String {
        format!("{:022}", self.0)
    }

    pub fn of_id(id: &str) -> Self {
        Self(id.parse().unwrap())
    }

    pub fn isrc(self) -> String {
        format!("XXABC{:07}", self.0)
    }

    pub fn artist(self) -> usize {
        self.0 / 5
    }

    pub fn artist_id(self) -> String {
        format!("{:022}", self.artist())
    }

    /// Spotify answers null for these.
    pub fn is_gone(self) -> bool {
        self.0 % 97 == 13
    }

    /// A true zero for some, and for others nothing.
    pub fn popularity(self) -> Option<usize> {
        match self.0 % 10 {
            3 => None,
            7 => Some(0),
            _ => Some(self.0 * 31 % 101),
        }
    }

    pub fn has_features(self) -> bool {
        self.0 % 8 != 5
    }

    pub fn energy(self) -> f64 {
        (self.0 % 100) as f64 / 100.0
    }

    /// Deezer does not know these.
    pub fn is_unknown_to_deezer(self) -> bool {
        self.0 % 50 == 49
    }

    pub fn rank(self) -> usize {
        self.0 * 7919 % 1_000_000
    }

    pub fn on_spotify(self) -> Value {
        if self.is_gone() {
            return Value::Null;
        }
        let mut track = json!({
            "type": "track",
            "id": self.id(),
            "name": format!("Song {}", self.0),
            "artists": [{ "id": self.artist_id(), "name": format!("Artist {}", self.artist()) }],
            "album": { "id": self.id(), "album_type": "album", "release_date": format!("20{:02}-0{}-11", self.0 % 24, 1 + self.0 % 9) },
            "duration_ms": 180_000 + self.0,
            "explicit": self.0.is_multiple_of(2),
            "external_ids": { "isrc": self.isrc() },
            "preview_url": null,
        });
        match self.popularity() {
            Some(popularity) => track["popularity"] = popularity.into(),
            // The key is there without a value, or is not there.
            None if self.0.is_multiple_of(2) => track["popularity"] = Value::Null,
            None => {}
        }
        track
    }

    fn features(self) -> Value {
        json!({
            "id": self.id(), "danceability": 0.5, "energy": self.energy(), "key": -1, "loudness": -8.0,
            "mode": 1, "speechiness": 0.05, "acousticness": 0.1, "instrumentalness": 0.0,
            "liveness": 0.1, "valence": 0.4, "tempo": 120.0,
        })
    }

    fn on_deezer(self) -> Value {
        json!({
            "id": 900_000 + self.0,
            "title": format!("Song {}", self.0),
            "isrc": self.isrc(),
            "artist": { "name": format!("Artist {}", self.artist()) },
            "rank": self.rank(),
            "duration": 180,
            "explicit_lyrics": false,
            "release_date": if self.0.is_multiple_of(4) { "0000-00-00" } else { "2019-05-06" },
            "preview": "",
        })
    }
}

/// Secrets of the tests; nothing that a run leaves behind may hold one.
pub const CLIENT_ID: &str = "invented-client-id-7351";
pub const CLIENT_SECRET: &str = "invented-client-secret-9264";
pub const TOKEN: &str = "invented-token-4410";

/// How the services misbehave.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Faults {
    /// One of this many requests is answered with a fault, of all kinds in turn; 0 for none.
    pub every: usize,
    /// A token is good for this many requests; 0 for ever.
    pub token_requests: usize,
    /// Many things at once are forbidden, as in development mode.
    pub batches_closed: bool,
    /// Audio features are forbidden, as for new applications.
    pub features_closed: bool,
}

/// The fault of request `number`, if it has one.
fn fault(faults: Faults, number: usize, good: &Response) -> Option<Response> {
    if faults.every == 0 || !number.is_multiple_of(faults.every) {
        return None;
    }
    let mut cut = Response::new(200, good.body.clone());
    cut.cut_after = Some(good.body.len() / 2);
    Some(match (number / faults.every) % 9 {
        0 => Response::new(429, "").with("Retry-After", "0.02"),
        1 => Response::new(429, "{}"),
        2 => Response::new(500, "oops"),
        3 => Response::new(503, "").with("Retry-After", "0.01"),
        4 => cut,
        // Whole to HTTP, and yet cut off.
        5 => Response::new(200, &good.body[..good.body.len() / 2]),
        6 => Response::new(200, "<html>a proxy's words</html>"),
        7 => Response::new(502, "<html>"),
        _ => Response::json(
            &json!({ "error": { "status": 429, "code": 4, "type": "Exception", "message": "Quota limit exceeded" } }),
        ),
    })
}

fn ids(request: &Request) -> Vec<Track> {
    let ids = request.parameter("ids").unwrap_or_default();
    ids.split(',').map(Track::of_id).collect()
}

/// Spotify, with its token endpoint.
pub fn spotify(faults: Faults) -> impl Fn(&Request) -> Response + Send + Sync {
    let (requests, tokens, used) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    move |request: &Request| {
        if request.path == "/api/token" {
            let number = tokens.fetch_add(1, Ordering::SeqCst) + 1;
            used.store(0, Ordering::SeqCst);
            return Response::json(
                &json!({ "access_token": format!("{TOKEN}-{number}"), "expires_in": 3600 }),
            );
        }
        let current = format!("Bearer {TOKEN}-{}", tokens.load(Ordering::SeqCst));
        let worn_out = faults.token_requests > 0
            && used.fetch_add(1, Ordering::SeqCst) >= faults.token_requests;
        if request.authorization.as_deref() != Some(&current) || worn_out {
            return Response::new(401, r#"{"error":{"status":401,"message":"expired"}}"#);
        }
        let good = spotify_answer(request, faults);
        let number = requests.fetch_add(1, Ordering::SeqCst) + 1;
        fault(faults, number, &good).unwrap_or(good)
    }
}

fn spotify_answer(request: &Request, faults: Faults) -> Response {
    let forbidden = || Response::new(403, r#"{"error":{"status":403}}"#);
    let many = request.query.contains("ids=");
    if many && faults.batches_closed && request.path != "/v1/audio-features" {
        return forbidden();
    }
    let artist = |number: usize| {
        json!({
            "id": format!("{number:022}"), "name": format!("Artist {number}"),
            "popularity": number % 101, "followers": { "total": number * 10 },
            "genres": if number.is_multiple_of(3) { json!([]) } else { json!(["pop", "rock"]) },
        })
    };
    let last = request.path.rsplit('/').next().unwrap_or_default();
    match request.path.as_str() {
        "/v1/tracks" => {
            let tracks: Vec<Value> = ids(request).into_iter().map(Track::on_spotify).collect();
            Response::json(&json!({ "tracks": tracks }))
        }
        "/v1/artists" => {
            let artists: Vec<Value> = ids(request).iter().map(|id| artist(id.0)).collect();
            Response::json(&json!({ "artists": artists }))
        }
        "/v1/audio-features" if faults.features_closed => forbidden(),
        "/v1/audio-features" => {
            let features: Vec<Value> = ids(request)
                .into_iter()
                .map(|track| match track.has_features() {
                    true => track.features(),
                    false => Value::Null,
                })
                .collect();
            Response::json(&json!({ "audio_features": features }))
        }
        path if path.starts_with("/v1/tracks/") => match Track::of_id(last).on_spotify() {
            Value::Null => Response::new(404, "{}"),
            track => Response::json(&track),
        },
        path if path.starts_with("/v1/artists/") => Response::json(&artist(last.parse().unwrap())),
        _ => Response::new(404, "{}"),
    }
}

pub fn deezer(faults: Faults) -> impl Fn(&Request) -> Response + Send + Sync {
    let requests = AtomicUsize::new(0);
    move |request: &Request| {
        let isrc = request.path.strip_prefix("/track/isrc:XXABC");
        let track = isrc.map(|number| Track(number.parse().unwrap()));
        let good = match track {
            Some(track) if !track.is_unknown_to_deezer() => Response::json(&track.on_deezer()),
            _ => Response::json(
                &json!({ "error": { "type": "DataException", "message": "no data", "code": 800 } }),
            ),
        };
        let number = requests.fetch_add(1, Ordering::SeqCst) + 1;
        fault(faults, number, &good).unwrap_or(good)
    }
}

/// Answers in an order of its own and leaves out what it does not know.
pub fn reccobeats(faults: Faults) -> impl Fn(&Request) -> Response + Send + Sync {
    let requests = AtomicUsize::new(0);
    move |request: &Request| {
        let content: Vec<Value> = ids(request)
            .into_iter()
            .rev()
            .filter(|track| track.has_features() && !track.is_gone())
            .map(|track| {
                let mut features = track.features();
                features["id"] = format!("recco-{}", track.0).into();
                features["isrc"] = track.isrc().into();
                features["href"] = format!("https://open.spotify.com/track/{}", track.id()).into();
                features
            })
            .collect();
        let good = Response::json(&json!({ "content": content }));
        let number = requests.fetch_add(1, Ordering::SeqCst) + 1;
        fault(faults, number, &good).unwrap_or(good)
    }
}

/// An archive of playlists that lists tracks 0 to `count`, with what such files hold beside them.
pub fn archive(folder: &std::path::Path, count: usize) {
    let lists = folder.join("playlists/pretty");
    std::fs::create_dir_all(&lists).unwrap();
    let tracks = |range: std::ops::Range<usize>| -> Vec<Value> {
        range
            .map(|number| {
                let track = Track(number);
                json!({
                    "added_at": "2024-02-02 05:00:00",
                    "name": format!("Song {number}"),
                    "artists": [{ "name": format!("Artist {}", track.artist()), "url": "x" }],
                    "album": { "name": "Album", "url": "x" },
                    "duration_ms": 180_000 + number,
                    "url": format!("https://open.spotify.com/track/{}", track.id()),
                })
            })
            .collect()
    };
    let list =
        |name: &str, tracks: Vec<Value>| json!({ "name": name, "tracks": tracks }).to_string();
    // The lists overlap, and one holds a null and a local file.
    let mut first = tracks(0..count / 2);
    first.push(Value::Null);
    first.push(json!({ "name": "Local", "url": "spotify:local:a:b:c:1", "artists": [] }));
    std::fs::write(lists.join("1.json"), list("New Music Friday", first)).unwrap();
    std::fs::write(
        lists.join("2.json"),
        list("friday cratediggers", tracks(count / 3..count)),
    )
    .unwrap();
    std::fs::write(
        lists.join("3.json"),
        list("Monday", tracks(count..count + 10)),
    )
    .unwrap();
    std::fs::write(lists.join("registry.json"), "{\"a\": 1}").unwrap();
}
