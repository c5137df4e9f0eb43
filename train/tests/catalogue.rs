//! Both streams trained on a rendered catalogue, through the CLI.
//!
//! Popularity depends on the style alone. The table's eleven features say nothing of it: they are
//! drawn at random, and every song has an artist of its own. So only the spectrogram can tell.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Patches of two seconds in 32 by 32 cells and a CNN that learns them in seconds.
const CONFIG: &str = r#"{
  "seed": 0,
  "split": { "calibrate": 0.25, "test": 0.25 },
  "genre_minimum": 5,
  "scale_bins": 4,
  "stream": "spectrogram",
  "patches": { "per_song": 3, "frames": 128, "pool_frames": 4, "pool_bands": 3 },
  "network": {
    "stem": 8,
    "blocks": [
      { "expansion": 2, "channels": 8, "stride": 1 },
      { "expansion": 2, "channels": 16, "stride": 2 }
    ],
    "width": 16, "genre_width": 2, "hidden": 16, "dropout": 0.1
  },
  "fit": { "epochs": 30, "batch_size": 16, "learning_rate": 0.01, "weight_decay": 0.01, "patience": 12 }
}"#;

/// Some four of ten are of a style that counts here.
const RENDERED: usize = 500;
const POPULAR: [&str; 4] = ["metal", "reggae", "synthwave", "trap"];
const UNPOPULAR: [&str; 4] = ["folk", "piano ballad", "six-eight", "waltz"];

fn foretune_train(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_foretune-train"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Rendered songs of four seconds with a table that ties their popularity to their style.
fn catalogue(folder: &Path) {
    let count = RENDERED.to_string();
    foretune_train(&[
        "render",
        "--out",
        path(folder),
        "--count",
        &count,
        "--seconds",
        "4",
        "--sample-rate-hz",
        "16000",
        "--seed",
        "5",
    ]);
    let mut table = String::from(
        "file,popularity,artist,danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,tempo\n",
    );
    let mut draws = 7_u32;
    let mut draw = || {
        // A linear congruential generator (Numerical Recipes' constants).
        draws = draws.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (draws >> 8) as f32 / (1 << 24) as f32
    };
    let mut truth = csv::Reader::from_path(folder.join("truth.csv")).unwrap();
    let songs = truth.records().map(|row| row.unwrap());
    let of_style = |styles: [&str; 4], row: &csv::StringRecord| styles.contains(&&row[1]);
    for (song, row) in songs.enumerate() {
        let usual = if of_style(POPULAR, &row) {
            65.0
        } else if of_style(UNPOPULAR, &row) {
            25.0
        } else {
            continue;
        };
        let popularity = usual + 10.0 * draw() - 5.0;
        writeln!(
            table,
            "{},{popularity:.0},artist{},{:.2},{:.2},{},-8,1,{:.2},{:.2},{:.2},{:.2},{:.2},{:.0}",
            &row[0],
            song,
            draw(),
            draw(),
            (12.0 * draw()) as u8,
            draw(),
            draw(),
            draw(),
            draw(),
            draw(),
            80.0 + 80.0 * draw(),
        )
        .unwrap();
    }
    std::fs::write(folder.join("songs.csv"), table).unwrap();
    std::fs::write(folder.join("config.json"), CONFIG).unwrap();
}

fn train(folder: &Path, out: &Path, further: &[&str]) {
    let config = folder.join("config.json");
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut arguments = vec![
        "train",
        "--catalogue",
        path(folder),
        "--out",
        path(out),
        "--models",
        path(&models),
        "--config",
        path(&config),
        "--seed",
        "2",
    ];
    arguments.extend(further);
    foretune_train(&arguments);
}

fn report(out: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap()
}

#[test]
fn the_sound_tells_what_the_features_cannot_and_a_broken_run_goes_on() {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("foretune-catalogue-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    catalogue(&folder);

    let unbroken = folder.join("unbroken");
    train(&folder, &unbroken, &[]);
    let report_of = report(&unbroken);
    let r2 = |stream: &str| report_of[stream]["r2"].as_f64().unwrap();
    // The style decides all but ±5 points of noise: R² could be .97. Without the sound it is nothing.
    assert!(r2("two_stream") > 0.6, "{report_of}");
    assert!(r2("statistics_only") < 0.2, "{report_of}");
    // `train` itself refuses more than 1e-4; an exact 0 would mean that nothing was compared.
    let difference = report_of["onnx_difference"].as_f64().unwrap();
    assert!(difference > 0.0 && difference <= 1e-4, "{report_of}");
    for curve in ["learning_curve.svg", "calibration.svg"] {
        let svg = std::fs::read_to_string(unbroken.join(curve)).unwrap();
        assert!(svg.contains("<polyline points=\""), "{curve}");
    }

    let broken = folder.join("broken");
    train(&folder, &broken, &["--epochs-at-most", "4"]);
    assert!(!broken.join("report.json").exists());
    train(&folder, &broken, &["--resume"]);
    for stream in ["two_stream", "statistics_only"] {
        for measure in ["r2", "mae", "coverage", "width"] {
            let (one, other) = (
                &report_of[stream][measure],
                &report(&broken)[stream][measure],
            );
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            // The same draws in the same order: equal to the last digits of single precision.
            assert!(
                (one - other).abs() < 1e-3,
                "{stream} {measure}: {one} {other}"
            );
        }
    }

    std::fs::remove_dir_all(folder).unwrap();
}
