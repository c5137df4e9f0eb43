//! `foretune-train extract`: only what is missing, whatever is in the folder, by any number of jobs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Catalogue(PathBuf);

impl Catalogue {
    /// With `songs` rendered ones and a table that names them, a file that is none and one that is
    /// not there.
    fn new(name: &str, songs: usize) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("extract-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        let catalogue = Self(path);
        let out = catalogue.0.join("audio");
        let words = ["--seconds", "4", "--sample-rate-hz", "16000", "--count"];
        let render = [
            &["render", "--out", out.to_str().unwrap()],
            &words[..],
            &[&songs.to_string()],
        ];
        catalogue.run_bare(&render.concat());
        std::fs::write(out.join("broken.mp3"), "not a song at all").unwrap();
        let mut table = String::from(
            "file,popularity,danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo\n",
        );
        for song in 0..songs {
            table += &format!("audio/{song:04}.wav,50,,0.5,,,,,,,,,\n");
        }
        table += "audio/broken.mp3,50,,,,,,,,,,,\naudio/gone.wav,50,,,,,,,,,,,\n";
        std::fs::write(catalogue.0.join("songs.csv"), table).unwrap();
        catalogue
    }

    fn run_bare(&self, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foretune-train"));
        let output = command.args(words).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        said
    }

    fn extract(&self, words: &[&str]) -> String {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        let place = ["extract", "--catalogue", self.0.to_str().unwrap()];
        let models = ["--models", models.to_str().unwrap()];
        self.run_bare(&[&place[..], &models, words].concat())
    }

    fn parts(&self) -> HashSet<String> {
        let entries = std::fs::read_dir(self.0.join("extracted")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.ends_with(".safetensors"))
            .collect()
    }
}

impl Drop for Catalogue {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

#[test]
fn a_run_does_what_is_missing_and_lists_what_cannot_be_heard() {
    let catalogue = Catalogue::new("missing", 6);
    let said = catalogue.extract(&[]);
    assert!(
        said.contains("6 songs extracted, 0 were already, 2 cannot be heard"),
        "{said}"
    );
    assert!(said.contains("times real time a core"), "{said}");
    let failed = catalogue
        .0
        .join("extracted/failed-shard-00000-of-00001.csv");
    let failures = std::fs::read_to_string(&failed).unwrap();
    assert!(
        failures.contains("audio/broken.mp3,17,") && failures.contains("not_audio"),
        "{failures}"
    );
    assert!(
        failures.contains("audio/gone.wav,0,0,unreadable_file"),
        "{failures}"
    );

    // The missing features are estimated, and what the table knows stays.
    let heard = std::fs::read_to_string(catalogue.0.join("heard.csv")).unwrap();
    let rows: Vec<Vec<&str>> = heard
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect())
        .collect();
    assert_eq!(rows.len(), 6);
    for row in rows {
        assert_eq!(row[3], "0.5");
        let danceability: f32 = row[2].parse().unwrap();
        let tempo: f32 = row[12].parse().unwrap();
        assert!(
            (0.0..=1.0).contains(&danceability) && tempo > 30.0,
            "{row:?}"
        );
    }

    let before = catalogue.parts();
    let said = catalogue.extract(&[]);
    assert!(
        said.contains("0 songs extracted, 6 were already, 2 cannot be heard"),
        "{said}"
    );
    assert_eq!(catalogue.parts(), before);

    // A file that has changed is another file; one that is mended is tried again.
    let song = catalogue.0.join("audio/0001.wav");
    std::fs::copy(&song, catalogue.0.join("audio/broken.mp3")).unwrap();
    std::fs::copy(catalogue.0.join("audio/0000.wav"), &song).unwrap();
    let said = catalogue.extract(&[]);
    assert!(
        said.contains("2 songs extracted, 5 were already, 1 cannot be heard"),
        "{said}"
    );

    // Other models or lengths are not mixed in.
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let output = Command::new(env!("CARGO_BIN_EXE_foretune-train"))
        .args(["extract", "--seconds", "3", "--catalogue"])
        .arg(&catalogue.0)
        .arg("--models")
        .arg(models)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("made in another way"), "{said}");
}

#[test]
fn jobs_of_a_batch_share_the_songs_and_a_repeated_job_adds_nothing() {
    let catalogue = Catalogue::new("shards", 7);
    let mut songs = 0;
    for shard in ["0/3", "1/3", "2/3"] {
        let said = catalogue.extract(&["--shard", shard]);
        let count = said
            .lines()
            .find(|line| line.contains("songs extracted"))
            .unwrap();
        songs += count.split(' ').next().unwrap().parse::<usize>().unwrap();
    }
    assert_eq!(songs, 7);
    let parts = catalogue.parts();
    catalogue.extract(&["--shard", "1/3"]);
    assert_eq!(catalogue.parts(), parts);
    // Whoever reads the catalogue finds all of them, in whatever files they lie.
    let said = catalogue.extract(&[]);
    assert!(said.contains("0 songs extracted, 7 were already"), "{said}");
    assert!(!catalogue.parts().is_empty());
    assert_eq!(catalogue.parts(), parts);
}
