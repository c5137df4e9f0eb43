//! The shipped heads: they load, fit the code, and answer any input within range.
#![allow(clippy::unwrap_used)]

use foretune::backbone::Embedding;
use foretune::features::statistics::Statistics;
use foretune::heads::{Heads, HeadsEntry};

const MANIFEST: &str = include_str!("../models/manifest.json");
const MODEL: &[u8] = include_bytes!("../models/heads.onnx");

const ACOUSTICNESS: usize = 0;
const ENERGY: usize = 2;

fn heads() -> Heads {
    let manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
    let entry: HeadsEntry = serde_json::from_value(manifest["heads"].clone()).unwrap();
    let files = [(entry.file.file.clone(), MODEL.to_vec())]
        .into_iter()
        .collect();
    Heads::load(&entry, &files).unwrap()
}

fn embedding(mut value: impl FnMut(usize) -> f32) -> Embedding {
    let manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
    let pool_width = manifest["backbone"]["pool_width"].as_u64().unwrap() as usize;
    let mut vector = |length: usize| (0..length).map(&mut value).collect();
    Embedding {
        logits: vector(50),
        max_pool: vector(pool_width),
        mean_pool: vector(pool_width),
    }
}

/// White noise at -12 dBFS, by a linear congruential generator.
fn noise() -> Vec<f32> {
    let mut state = 1_u32;
    (0..22_050 * 5)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .map(|sample| sample * 0.25)
        .collect()
}

#[test]
fn every_input_is_answered_within_range() {
    let heads = heads();
    let silence = vec![0.0; 22_050 * 5];
    let extreme = |sign: f32| embedding(move |at| sign * 1e4 * (at % 3) as f32);
    for statistics in [Statistics::measure(&noise()), Statistics::measure(&silence)] {
        for embedding in [embedding(|_| 0.0), extreme(1.0), extreme(-1.0)] {
            let answer = heads.estimate(&embedding, &statistics).unwrap();
            assert!(
                answer.iter().all(|value| (0.0..=1.0).contains(value)),
                "{answer:?}"
            );
        }
    }
}

#[test]
fn heavy_metal_is_more_energetic_and_less_acoustic_than_folk() {
    // Through the tags' path alone: the pools are the same for both. Logits as the tagger gives them.
    let heads = heads();
    let statistics = Statistics::measure(&noise());
    let tagged = |tags: [usize; 2]| {
        let mut embedding = embedding(|_| 0.0);
        for (tag, logit) in embedding.logits.iter_mut().enumerate() {
            *logit = if tags.contains(&tag) { 2.0 } else { -6.0 };
        }
        heads.estimate(&embedding, &statistics).unwrap()
    };
    let tag = |name: &str| {
        let manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
        let tags = manifest["backbone"]["tags"].as_array().unwrap().clone();
        tags.iter().position(|tag| tag == name).unwrap()
    };
    let metal = tagged([tag("metal"), tag("heavy metal")]);
    let folk = tagged([tag("folk"), tag("beautiful")]);
    assert!(metal[ACOUSTICNESS] < folk[ACOUSTICNESS]);
    assert!(metal[ENERGY] >= folk[ENERGY]);
}

#[test]
fn another_width_is_refused() {
    let manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap();
    let mut entry: HeadsEntry = serde_json::from_value(manifest["heads"].clone()).unwrap();
    entry.statistics_width += 1;
    let files = [(entry.file.file.clone(), MODEL.to_vec())]
        .into_iter()
        .collect();
    assert_eq!(
        Heads::load(&entry, &files).unwrap_err().code(),
        "model_incompatible"
    );
}
