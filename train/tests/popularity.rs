//! A popularity model from a small invented table: trained, exported and asked, through the CLI.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Small enough to train in seconds. The mean learns from the teacher alone, and so shows whether the
/// teacher is right about artists it did not learn from.
const CONFIG: &str = r#"{
  "seed": 0,
  "split": { "calibrate": 0.2, "test": 0.2 },
  "genre_minimum": 20,
  "network": { "members": 2, "hidden": 16, "genre_width": 4 },
  "fit": { "epochs": 30, "batch_size": 128, "learning_rate": 0.01, "weight_decay": 0.0, "scale_bins": 6 },
  "knowledge": {
    "situations": [{ "share": 1.0, "told": ["year", "duration", "genre", "explicit", "artist"] }, { "share": 1.0, "told": [] }],
    "omission": 0.05,
    "estimated": 0.2,
    "unheard": 0.3,
    "incomplete": 0.1
  },
  "teacher": {
    "folds": 2,
    "weight": 1.0,
    "network": { "members": 1, "hidden": 16, "genre_width": 4 },
    "fit": { "epochs": 60, "batch_size": 64, "learning_rate": 0.01, "weight_decay": 0.0, "scale_bins": 6 }
  }
}"#;

const FEATURES: &str = "danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo";

fn foretune_train(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foretune-train"))
        .args(arguments)
        .output()
        .unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("foretune-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/feature_errors.json");
    std::fs::copy(shipped, folder.join("feature_errors.json")).unwrap();
    folder
}

/// A linear congruential generator (Numerical Recipes' constants): the same table everywhere.
struct Draws(u32);

impl Draws {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 24) as f32
    }
}

/// 300 artists with 5 songs each; popularity is 60 · danceability, 20 more for genre "loud",
/// and noise of ±10.
fn invented_table() -> String {
    let mut draws = Draws(1);
    let mut text =
        format!("{FEATURES},year,duration_ms,explicit,genre,popularity,artist_key,src\n");
    for song in 0..1500 {
        let danceability = draws.next();
        let loud = draws.next() < 0.5;
        let noise = 20.0 * draws.next() - 10.0;
        let popularity = 60.0 * danceability + if loud { 20.0 } else { 0.0 } + 10.0 + noise;
        writeln!(
            text,
            "{danceability:.4},{:.4},{},-8,1,0.05,0.2,0.1,0.1,0.5,{:.1},{},{},{},{},{popularity:.0},artist{},invented",
            draws.next(),
            song % 12,
            80.0 + 80.0 * draws.next(),
            1960 + song % 60,
            150_000 + song * 10,
            song % 2,
            if loud { "loud" } else { "quiet" },
            song / 5,
        )
        .unwrap();
    }
    text
}

fn trained(name: &str) -> PathBuf {
    let folder = folder(name);
    let (table, config) = (folder.join("table.csv"), folder.join("config.json"));
    std::fs::write(&table, invented_table()).unwrap();
    std::fs::write(&config, CONFIG).unwrap();
    let (table, config, out) = (path(&table), path(&config), path(&folder));
    let output = foretune_train(&[
        "train", "--table", table, "--out", out, "--seed", "3", "--config", config,
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// p10, p50, p90 and mean of every row.
fn predicted(models: &Path, table: &str) -> Vec<[f32; 4]> {
    let (input, answers) = (models.join("ask.csv"), models.join("answers.csv"));
    std::fs::write(&input, table).unwrap();
    let output = foretune_train(&[
        "predict",
        "--models",
        path(models),
        "--table",
        path(&input),
        "--out",
        path(&answers),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut lines = csv::Reader::from_path(&answers).unwrap();
    assert_eq!(lines.headers().unwrap(), vec!["p10", "p50", "p90", "mean"]);
    lines.deserialize().map(|line| line.unwrap()).collect()
}

#[test]
fn learns_answers_in_order_and_repeats_itself() {
    let models = trained("learns");
    let rest = "0.5,3,-8,1,0.05,0.2,0.1,0.1,0.5,120";
    let table = format!(
        "extra,{FEATURES},genre,year\nz,0.9,{rest},loud,2000\nz,0.1,{rest},quiet,2000\nz,0.1,{rest},,\nz,0.9,{rest},never heard of,1890\nz,,{rest},loud,2000\n"
    );
    let rows = predicted(&models, &table);
    assert_eq!(rows.len(), 5);
    for [p10, p50, p90, mean] in &rows {
        assert!(0.0 <= *p10 && p10 <= p50 && p50 <= p90 && *p90 <= 100.0);
        assert!((0.0..=100.0).contains(mean));
    }
    // Expected 84, 16, 26 and 74; a network this small comes within 10 points.
    for (row, expected) in rows.iter().zip([84.0, 16.0, 26.0, 74.0]) {
        assert!(
            (row[3] - expected).abs() < 10.0,
            "{row:?}, expected {expected}"
        );
    }
    // The noise is ±10, so 80 % of it spans 16 points; not knowing the genre adds up to 20.
    assert!(
        (10.0..30.0).contains(&(rows[0][2] - rows[0][0])),
        "{:?}",
        rows[0]
    );
    assert!(rows[2][2] - rows[2][0] > rows[1][2] - rows[1][0]);

    let again = trained("again");
    let model = |folder: &Path| std::fs::read(folder.join("popularity.onnx")).unwrap();
    assert!(
        model(&models) == model(&again),
        "the same seed gave another model"
    );
    for folder in [models, again] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// The popularity model's entry of the manifest, and its corrections' offsets apart.
fn calibration(models: &Path) -> (serde_json::Value, Vec<f64>) {
    let manifest = std::fs::read(models.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let mut entry = manifest["popularity"].clone();
    let offsets = corrections(&mut entry)
        .flat_map(|correction| {
            let offsets = correction["offsets"].take();
            let offsets = offsets.as_array().unwrap().clone();
            offsets.into_iter().map(|offset| offset.as_f64().unwrap())
        })
        .collect();
    (entry, offsets)
}

/// Of the combinations of what is known, and of the groups.
fn corrections(entry: &mut serde_json::Value) -> impl Iterator<Item = &mut serde_json::Value> {
    let kinds = entry["calibration"].as_object_mut().unwrap();
    kinds
        .values_mut()
        .flat_map(|kind| kind.as_array_mut().unwrap())
}

#[test]
fn calibrating_anew_says_what_training_said() {
    let models = trained("calibrate");
    let (entry, offsets) = calibration(&models);
    let manifest = models.join("manifest.json");
    let forgotten = std::fs::read_to_string(&manifest).unwrap();
    let mut forgotten: serde_json::Value = serde_json::from_str(&forgotten).unwrap();
    for correction in corrections(&mut forgotten["popularity"]) {
        for offset in correction["offsets"].as_array_mut().unwrap() {
            *offset = 50.0.into();
        }
    }
    std::fs::write(&manifest, forgotten.to_string()).unwrap();
    let table = models.join("table.csv");
    let output = foretune_train(&[
        "calibrate",
        "--table",
        path(&table),
        "--models",
        path(&models),
    ]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{message}");
    let (entry_anew, anew) = calibration(&models);
    assert_eq!(entry_anew, entry);
    assert!(offsets.iter().any(|offset| *offset != 0.0));
    for (offset, anew) in offsets.iter().zip(&anew) {
        // The graph answers as the network to 1e-4 points, and offsets are rounded to 1e-3.
        assert!((offset - anew).abs() < 2e-3, "{offset} {anew}");
    }
    std::fs::remove_dir_all(models).unwrap();
}

#[test]
fn a_table_without_features_is_refused_in_words() {
    let folder = folder("refused");
    let table = folder.join("table.csv");
    std::fs::write(&table, "name,popularity\nx,3\n").unwrap();
    let output = foretune_train(&["train", "--table", path(&table), "--out", path(&folder)]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(message.contains("danceability"), "{message}");
    std::fs::remove_dir_all(folder).unwrap();
}
