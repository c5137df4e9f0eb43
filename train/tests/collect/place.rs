//! A catalogue to collect into, and the program that does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use rusqlite::Connection;

use crate::server::Server;
use crate::world::{self, CLIENT_ID, CLIENT_SECRET, TOKEN};

/// A catalogue's folder with an archive beside it, removed with the test.
pub struct Place(pub PathBuf);

impl Place {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("collect-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// `collect SOURCE` into the catalogue, with further words.
    pub fn command(&self, source: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foretune-train"));
        command
            .args(["collect", source, "--catalogue"])
            .arg(self.path("catalogue"))
            .args(words)
            .env("SPOTIFY_CLIENT_ID", CLIENT_ID)
            .env("SPOTIFY_CLIENT_SECRET", CLIENT_SECRET)
            .env("RUST_BACKTRACE", "full")
            .env("NO_PROXY", "127.0.0.1");
        command
    }

    pub fn collect(&self, source: &str, words: &[&str]) -> Told {
        Told::of(self.command(source, words).output().unwrap())
    }

    pub fn with_archive(name: &str, count: usize) -> Self {
        let place = Self::new(name);
        world::archive(&place.path("archive"), count);
        let archive = place.path("archive");
        let words = ["--archive", archive.to_str().unwrap(), "--name", "Friday"];
        place.collect("playlist-archive", &words).assert_success();
        place
    }

    pub fn store(&self) -> Connection {
        Connection::open(self.path("catalogue/collected.sqlite")).unwrap()
    }

    pub fn count(&self, query: &str) -> usize {
        let count = self
            .store()
            .query_row(query, [], |row| row.get::<_, i64>(0));
        usize::try_from(count.unwrap()).unwrap()
    }

    /// A label of one source's record, as text.
    pub fn label(&self, source: &str, key: &str, field: &str) -> Option<String> {
        let query = "SELECT CAST(value AS TEXT) FROM label JOIN record ON record.id = record
                     WHERE source = ?1 AND key = ?2 AND field = ?3";
        let store = self.store();
        let mut statement = store.prepare(query).unwrap();
        let mut rows = statement.query([source, key, field]).unwrap();
        let row = rows.next().unwrap();
        row.map(|row| row.get(0).unwrap())
    }

    /// No file that the runs left holds a secret.
    pub fn assert_no_secret(&self) {
        let mut folders = vec![self.0.clone()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let content = std::fs::read(&path).unwrap();
                assert_no_secret(&path.display().to_string(), &content);
                files += 1;
            }
        }
        assert!(files > 1);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What a failed test left is of use to whoever looks into it.
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

pub fn assert_no_secret(place: &str, content: &[u8]) {
    // Spotify's Basic header is the pair in base 64; its first letters are those of the id.
    for secret in [CLIENT_ID, CLIENT_SECRET, TOKEN, "aW52ZW50ZWQtY2xpZW50"] {
        let holds = content
            .windows(secret.len())
            .any(|w| w == secret.as_bytes());
        assert!(!holds, "{place} holds {secret}");
    }
}

/// What a run said, free of secrets.
pub struct Told {
    pub code: i32,
    pub words: String,
}

impl Told {
    pub fn of(output: Output) -> Self {
        let words = [output.stdout, output.stderr].concat();
        assert_no_secret("the output", &words);
        Self {
            code: output.status.code().unwrap_or(-1),
            words: String::from_utf8(words).unwrap(),
        }
    }

    pub fn assert_success(&self) {
        assert_eq!(self.code, 0, "{}", self.words);
    }

    pub fn assert_ends(&self, code: i32, word: &str) {
        assert_eq!(self.code, code, "{}", self.words);
        assert!(self.words.contains(&format!("[{word}]")), "{}", self.words);
    }
}

pub const RESUMABLE: i32 = 75;
pub const RIGHT: &str = "--i-have-the-right-to-train";

/// Short enough for tests.
pub const WINDOW: Duration = Duration::from_millis(100);

/// `requests` in any [`WINDOW`], and no long waits.
pub fn manners(requests: &str) -> Vec<&str> {
    vec![
        "--requests",
        requests,
        "--window-seconds",
        "0.1",
        "--backoff-seconds",
        "0.01",
        "--timeout-seconds",
        "10",
    ]
}

/// Of Spotify, which needs its accounts' URL beside the right.
pub fn of_spotify<'a>(server: &'a Server, requests: &'a str) -> Vec<&'a str> {
    let urls = [
        RIGHT,
        "--api-url",
        &server.url,
        "--accounts-url",
        &server.url,
    ];
    [manners(requests), urls.to_vec()].concat()
}

pub fn of_deezer<'a>(server: &'a Server, requests: &'a str) -> Vec<&'a str> {
    [manners(requests), vec![RIGHT, "--api-url", &server.url]].concat()
}
