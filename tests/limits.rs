//! The table of limits in `tests/FAULTS.md`: written from the constants that the code has, each tried
//! at its bound and beyond.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use foretune::Clip;
use foretune::clip::{
    MAX_CHANNELS, MAX_FILE_BYTES, MAX_PEAK, MAX_SAMPLE_RATE_HZ, MAX_SAMPLES, MAX_SECONDS, MIN_PEAK,
    MIN_SAMPLE_RATE_HZ, MIN_SECONDS, check_duration, check_file_size, check_samples,
};
use foretune::error::Result;
use foretune::popularity::columns::{MAX_GENRE_CHARACTERS, Song};

const PAGE: &str = include_str!("FAULTS.md");

/// What a row says, and what is tried: the last that is taken and the first that is not.
struct Limit {
    row: String,
    taken: Result<()>,
    refused: Result<()>,
}

fn limit(what: &str, bound: String, taken: Result<()>, refused: Result<()>) -> Limit {
    limit_in("src/clip.rs", what, bound, taken, refused)
}

fn limit_in(
    file: &str,
    what: &str,
    bound: String,
    taken: Result<()>,
    refused: Result<()>,
) -> Limit {
    let code = refused.clone().unwrap_err().code();
    Limit {
        row: format!("| {what} | {bound} | `{code}` | `{file}` |"),
        taken,
        refused,
    }
}

fn clip(amplitude: f32) -> Result<()> {
    let square = (0..4 * 8_000).map(|sample| {
        if sample % 2 == 0 {
            amplitude
        } else {
            -amplitude
        }
    });
    Clip::new(vec![square.collect()], 8_000).map(|_| ())
}

fn genre(characters: usize) -> Result<()> {
    Song {
        features: [None; 11],
        estimated: true,
        heard: None,
        year: None,
        duration_seconds: None,
        explicit: None,
        genre: Some("é".repeat(characters)),
        artist: None,
    }
    .check()
}

/// The limits that the core checks.
fn core() -> Vec<Limit> {
    let stereo = |seconds: f64| check_samples(2, (seconds * 48_000.0) as u64, 48_000);
    let rate = |hz| check_samples(1, 0, hz);
    let decibels = |peak: f32| 20.0 * peak.log10();
    vec![
        limit(
            "a file, at least",
            "1 byte".into(),
            check_file_size(1),
            check_file_size(0),
        ),
        limit(
            "a file, at most",
            format!("{} MiB", MAX_FILE_BYTES >> 20),
            check_file_size(MAX_FILE_BYTES),
            check_file_size(MAX_FILE_BYTES + 1),
        ),
        limit(
            "a song, at least",
            format!("{MIN_SECONDS} s"),
            check_duration(MIN_SECONDS),
            check_duration(MIN_SECONDS - 0.1),
        ),
        limit(
            "a song, at most",
            format!("{MAX_SECONDS} s"),
            stereo(MAX_SECONDS),
            stereo(MAX_SECONDS + 0.1),
        ),
        limit(
            "channels",
            format!("1 to {MAX_CHANNELS}"),
            check_samples(MAX_CHANNELS, 0, 48_000),
            check_samples(MAX_CHANNELS + 1, 0, 48_000),
        ),
        limit(
            "sample rate, at least",
            format!("{MIN_SAMPLE_RATE_HZ} Hz"),
            rate(MIN_SAMPLE_RATE_HZ),
            rate(MIN_SAMPLE_RATE_HZ - 1),
        ),
        limit(
            "sample rate, at most",
            format!("{MAX_SAMPLE_RATE_HZ} Hz"),
            rate(MAX_SAMPLE_RATE_HZ),
            rate(MAX_SAMPLE_RATE_HZ + 1),
        ),
        limit(
            "samples over all channels",
            format!(
                "{MAX_SAMPLES}, which are {} MB",
                MAX_SAMPLES * 4 / 1_000_000
            ),
            check_samples(2, MAX_SAMPLES / 2, 96_000),
            check_samples(2, MAX_SAMPLES / 2 + 1, 96_000),
        ),
        limit(
            "a song's peak, at least",
            format!("{} dBFS", decibels(MIN_PEAK)),
            clip(MIN_PEAK),
            clip(MIN_PEAK * 0.99),
        ),
        limit(
            "a song's peak, at most",
            format!("{} dBFS", decibels(MAX_PEAK)),
            clip(MAX_PEAK),
            clip(MAX_PEAK * 1.01),
        ),
        limit("a sample", "a number".into(), clip(0.5), clip(f32::NAN)),
        limit_in(
            "src/popularity/columns.rs",
            "a genre",
            format!("{MAX_GENRE_CHARACTERS} characters"),
            genre(MAX_GENRE_CHARACTERS),
            genre(MAX_GENRE_CHARACTERS + 1),
        ),
    ]
}

/// `const NAME = 12;` in a script.
fn constant(script: &str, name: &str) -> u64 {
    let (_, rest) = script.split_once(&format!("const {name} = ")).unwrap();
    rest.split_once(';').unwrap().0.parse().unwrap()
}

/// The limits that the page keeps: no song is refused by the first three.
fn page() -> Vec<String> {
    let api = include_str!("../www/foretune.js");
    let element = include_str!("../www/foretune-element.js");
    let history = include_str!("../www/history.js");
    let browser = include_str!("../www/browser.js");
    let transfer = include_str!("../www/transfer.js");
    let offline = include_str!("../www/service-worker.js");
    let network_seconds = constant(api, "NETWORK_STALL_SECONDS");
    let attempts = constant(transfer, "FRUITLESS_ATTEMPTS");
    vec![
        format!(
            "| songs compared at once | {} | the first are taken, and the page says so | `www/foretune-element.js` |",
            constant(element, "MOST_SONGS")
        ),
        format!(
            "| answers kept on the device | {} | the oldest is dropped | `www/history.js` |",
            constant(history, "MOST_SONGS")
        ),
        format!(
            "| a shared song that waits for the page | {} s | it is let go, and the page says what is missing | `www/service-worker.js` |",
            constant(offline, "SHARED_SECONDS")
        ),
        format!(
            "| workers | {}, and no more than processors; 2 where memory is short | – | `www/browser.js` |",
            constant(browser, "MAX_WORKERS")
        ),
        format!(
            "| a worker or decoder without a word | {} s | `unresponsive` | `www/foretune.js` |",
            constant(api, "STALL_SECONDS")
        ),
        format!(
            "| core and models without a byte | {attempts} times {network_seconds} s | `network` | `www/transfer.js` |"
        ),
        format!(
            "| a song's address without a byte | {attempts} times {network_seconds} s | `song_unavailable` | `www/transfer.js` |"
        ),
    ]
}

#[test]
fn every_limit_holds_at_its_bound_and_refuses_beyond() {
    for Limit {
        row,
        taken,
        refused,
    } in core()
    {
        assert_eq!(taken, Ok(()), "{row}");
        assert!(refused.is_err(), "{row}");
    }
}

#[test]
fn the_page_of_faults_says_what_the_code_does() {
    let rows: Vec<String> = core()
        .into_iter()
        .map(|limit| limit.row)
        .chain(page())
        .collect();
    let missing: Vec<&String> = rows
        .iter()
        .filter(|row| !PAGE.contains(row.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "tests/FAULTS.md lacks:\n{}",
        missing
            .iter()
            .map(|row| format!("{row}\n"))
            .collect::<String>()
    );
    // Nor does it say more: of one limit, one row.
    let table = PAGE.split("\n| what | limit |").nth(1).unwrap();
    let said = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let by_hand = said
        .filter(|line| !rows.iter().any(|row| row == line))
        .count();
    // A worker's memory and the queue, which no constant bounds.
    assert_eq!(
        by_hand, 2,
        "rows of tests/FAULTS.md that no constant stands behind"
    );
}
