//! `foretune-train predict` on songs, and on files that are not songs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const RATE_HZ: u32 = 22_050;

/// A mono 16-bit WAV whose header announces `announced` samples.
fn wav(samples: &[i16], announced: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + announced * 2).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16_u32.to_le_bytes());
    bytes.extend_from_slice(&1_u16.to_le_bytes());
    bytes.extend_from_slice(&1_u16.to_le_bytes());
    bytes.extend_from_slice(&RATE_HZ.to_le_bytes());
    bytes.extend_from_slice(&(RATE_HZ * 2).to_le_bytes());
    bytes.extend_from_slice(&2_u16.to_le_bytes());
    bytes.extend_from_slice(&16_u16.to_le_bytes());
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&(announced * 2).to_le_bytes());
    for sample in samples {
        bytes.extend_from_slice(&sample.to_le_bytes());
    }
    bytes
}

fn tune(seconds: f64) -> Vec<i16> {
    (0..(seconds * f64::from(RATE_HZ)) as usize)
        .map(|n| {
            let time = n as f64 / f64::from(RATE_HZ);
            let chord: f64 = [220.0, 277.18, 329.63]
                .iter()
                .map(|hz| (std::f64::consts::TAU * hz * time).sin())
                .sum();
            (6_000.0 * chord * (1.0 - (2.0 * time) % 1.0)) as i16
        })
        .collect()
}

/// Exit status and one object a line.
fn predict(songs: &[PathBuf]) -> (bool, Vec<Value>) {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let output = Command::new(env!("CARGO_BIN_EXE_foretune-train"))
        .args(["predict", "--json", "--models"])
        .arg(models)
        .args(songs)
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let answers = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (output.status.success(), answers.collect())
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

#[test]
fn a_song_is_answered_with_every_field() {
    let folder = Folder::new("song");
    let samples = tune(8.0);
    let song = folder.file("song.wav", &wav(&samples, samples.len() as u32));
    let (success, answers) = predict(std::slice::from_ref(&song));
    assert!(success);
    let answer = &answers[0];
    assert_eq!(answer["file"], song.to_string_lossy().as_ref());
    assert!((answer["duration_seconds"].as_f64().unwrap() - 8.0).abs() < 1e-6);
    let popularity = |field: &str| answer["popularity"][field].as_f64().unwrap();
    assert!(0.0 <= popularity("p10") && popularity("p90") <= 100.0);
    assert!(popularity("p10") <= popularity("p50") && popularity("p50") <= popularity("p90"));
    assert!((0.0..=100.0).contains(&popularity("mean")));
    assert!((0.0..=100.0).contains(&popularity("percentile")));
    let features = answer["features"].as_object().unwrap();
    for feature in foretune::Feature::ALL {
        let (low, high) = feature.range();
        let value = features[feature.name()].as_f64().unwrap();
        assert!(
            (f64::from(low)..=f64::from(high)).contains(&value),
            "{}",
            feature.name()
        );
    }
    assert_eq!(features.len(), 11);
    assert_eq!(answer["tags"].as_array().unwrap().len(), 50);
    assert!(answer["tags"][0][0].is_string() && answer["tags"][0][1].is_f64());
    assert!(answer["model"].is_string());
}

#[test]
fn what_is_no_song_gets_its_code_and_the_others_are_still_answered() {
    let folder = Folder::new("faults");
    let video = include_bytes!("../../tests/web/fixtures/video-without-audio.mp4");
    let short = tune(0.2);
    let good = tune(6.0);
    let hours = 3 * 3600 * RATE_HZ;
    let faults = [
        (folder.file("empty.mp3", b""), "empty_file"),
        (
            folder.file("text.mp3", b"These are the words of a song.\n"),
            "not_audio",
        ),
        (
            folder.file("noise.mp3", &[0x00, 0x81, 0x07, 0xf3].repeat(500)),
            "not_audio",
        ),
        (
            folder.file("short.wav", &wav(&short, short.len() as u32)),
            "too_short",
        ),
        (
            folder.file("silent.wav", &wav(&[0; 88_200], 88_200)),
            "silent",
        ),
        (folder.file("hours.wav", &wav(&good, hours)), "too_long"),
        (folder.file("video.mp4", video), "no_audio_track"),
        (folder.0.join("nowhere.mp3"), "unreadable_file"),
    ];
    let mut songs: Vec<PathBuf> = faults.iter().map(|(path, _)| path.clone()).collect();
    songs.push(folder.file("good.wav", &wav(&good, good.len() as u32)));
    let (success, answers) = predict(&songs);
    assert!(!success, "a song was not answered");
    assert_eq!(answers.len(), songs.len());
    for ((path, code), answer) in faults.iter().zip(&answers) {
        assert_eq!(
            answer["error"]["code"],
            *code,
            "{}: {answer}",
            path.display()
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.ends_with('.') && message.len() > 20, "{message}");
    }
    assert!(answers[faults.len()]["popularity"]["p50"].is_f64());
}

#[test]
fn a_song_cut_off_is_answered_for_what_is_there_with_a_warning() {
    let folder = Folder::new("cut");
    let samples = tune(8.0);
    let song = folder.file("cut.wav", &wav(&samples, 3 * samples.len() as u32));
    let (success, answers) = predict(&[song]);
    assert!(success);
    assert_eq!(answers[0]["warnings"][0]["code"], "truncated");
    assert!((answers[0]["duration_seconds"].as_f64().unwrap() - 8.0).abs() < 0.1);
}

#[test]
fn it_ends_without_a_word_when_nobody_reads_on() {
    let folder = Folder::new("unread");
    let samples = tune(4.0);
    let song = folder.file("song.wav", &wav(&samples, samples.len() as u32));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_foretune-train"))
        .args(["predict", "--models"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../models"))
        .arg(song)
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(141));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}
