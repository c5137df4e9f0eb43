//! The model card: its figures are those of the shipped models and hold the bars that were set.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

const CARD: &str = include_str!("../../models/MODEL_CARD.md");

/// The rows of the table that follows `heading`, without its header.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, after) = CARD.split_once(heading).unwrap();
    let lines = after.lines().skip_while(|line| !line.starts_with('|'));
    lines
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap()
}

#[test]
fn the_card_speaks_of_the_shipped_model() {
    let manifest: serde_json::Value =
        serde_json::from_str(include_str!("../../models/manifest.json")).unwrap();
    let digest = manifest["popularity"]["sha256"].as_str().unwrap();
    assert!(
        CARD.contains(digest),
        "models/popularity.onnx is not the model that the card was written for: run foretune-train evaluate"
    );
}

/// R², MAE, coverage and width of every line of one model.
fn scores(model: &str) -> HashMap<String, [f64; 4]> {
    rows("### What is known of the song")
        .into_iter()
        .filter(|row| row[1] == model)
        .map(|row| {
            let scores = [3, 4, 5, 6].map(|column| number(&row[column]));
            (row[0].clone(), scores)
        })
        .collect()
}

/// Two standard errors, over artists, of the difference of two models' mean absolute errors on these
/// songs: what a seed moves.
const CHANCE_POINTS: f64 = 0.15;

#[test]
fn no_line_is_worse_than_boosted_trees() {
    let (ours, peers) = (scores("**Foretune**"), scores("LightGBM"));
    assert!(peers.len() >= 4);
    for (told, [r2, mae, ..]) in &peers {
        let ours = ours[told];
        assert!(ours[0] >= *r2, "{told}: R² {} against {r2}", ours[0]);
        let allowed = mae + CHANCE_POINTS;
        assert!(ours[1] <= allowed, "{told}: MAE {} against {mae}", ours[1]);
    }
    for told in ["11 features", "+ genre"] {
        assert!(ours[told][3] <= peers[told][3], "{told}: too wide");
    }
}

#[test]
fn intervals_cover_what_they_say() {
    // Two standard errors: what so many songs leave to chance.
    let chance = |songs: &str| 2.0 * (0.8 * 0.2 / number(songs)).sqrt();
    let known = rows("### What is known of the song");
    let mut estimated = rows("### Features estimated from audio");
    // The songs that have a genre come from some tables only, and no interval knows the table.
    estimated.retain(|row| !row[0].contains("songs with a genre"));
    for row in known.iter().chain(&estimated) {
        if row[1] == "**Foretune**" {
            let (coverage, chance) = (number(&row[5]), chance(&row[2]));
            let allowed = 0.78 - chance..=0.82 + chance;
            assert!(allowed.contains(&coverage), "{}: {coverage}", row[0]);
        }
    }
    let groups = rows("### By group");
    let even: Vec<_> = groups
        .iter()
        .filter(|row| row[0].starts_with("released") || row[0].starts_with("genre"))
        .collect();
    assert!(even.len() >= 8);
    for row in even {
        let (coverage, chance) = (number(&row[4]), chance(&row[1]));
        let allowed = 0.74 - chance..=0.86 + chance;
        assert!(allowed.contains(&coverage), "{}: {coverage}", row[0]);
    }
}

#[test]
fn heads_are_no_worse_than_the_median_and_the_teacher() {
    let features = rows("## Perceptual heads");
    assert_eq!(features.len(), 7);
    for row in features {
        let [ours, median, teacher] = [1, 2, 3].map(|column| number(&row[column]));
        assert!(ours <= median && ours <= teacher, "{row:?}");
    }
}
