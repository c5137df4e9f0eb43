//! The engine with the shipped models, natively and in wasm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use foretune::front_end::Processed;
use foretune::model::FileEntry;
use foretune::{Clip, Context, Engine, Error, Feature, Manifest, ModelFiles, Stage};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MANIFEST: &[u8] = include_bytes!("../models/manifest.json");

fn shipped() -> (Manifest, ModelFiles) {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let contents: [&[u8]; 4] = [
        include_bytes!("../models/backbone.onnx"),
        include_bytes!("../models/heads.onnx"),
        include_bytes!("../models/popularity.onnx"),
        include_bytes!("../models/reference.json"),
    ];
    let files = manifest
        .files()
        .iter()
        .zip(contents)
        .map(|(entry, content)| (entry.file.clone(), content.to_vec()))
        .collect();
    (manifest, files)
}

/// A minor triad over a kick on every beat at 120 BPM, stereo.
fn song(seconds: f64, sample_rate_hz: u32) -> Clip {
    let rate = f64::from(sample_rate_hz);
    let samples = (seconds * rate) as usize;
    let channel = |pan: f64| -> Vec<f32> {
        (0..samples)
            .map(|sample| {
                let time = sample as f64 / rate;
                let since_beat = time % 0.5;
                let chord: f64 = [220.0, 261.63, 329.63]
                    .iter()
                    .map(|hz| (std::f64::consts::TAU * hz * time).sin())
                    .sum();
                let kick =
                    (std::f64::consts::TAU * 60.0 * since_beat).sin() * (-since_beat * 18.0).exp();
                (0.1 * pan * chord + 0.6 * kick) as f32
            })
            .collect()
    };
    Clip::new(vec![channel(1.0), channel(0.7)], sample_rate_hz).unwrap()
}

#[test]
fn a_song_gets_a_whole_and_legal_answer() {
    let (manifest, files) = shipped();
    let engine = Engine::load(&manifest, &files).unwrap();
    let mut stages = Vec::new();
    let mut last_fraction = 0.0;
    let analysis = engine
        .analyze(
            &song(12.0, 44_100),
            &Context::default(),
            &mut |stage, fraction| {
                assert!(
                    (last_fraction..=1.0).contains(&fraction),
                    "progress goes back"
                );
                last_fraction = fraction;
                if stages.last() != Some(&stage) {
                    stages.push(stage);
                }
                true
            },
        )
        .unwrap();
    let prediction = &analysis.prediction;

    assert_eq!(
        stages,
        [
            Stage::Spectrogram,
            Stage::Signal,
            Stage::Listening,
            Stage::Predicting
        ]
    );
    assert!((prediction.duration_seconds - 12.0).abs() < 1e-9);
    for (feature, value) in Feature::ALL.iter().zip(prediction.features.to_array()) {
        let (low, high) = feature.range();
        assert!(
            (low..=high).contains(&value),
            "{} is {value}",
            feature.name()
        );
    }
    let popularity = &prediction.popularity;
    assert!(0.0 <= popularity.p10);
    assert!(popularity.p10 <= popularity.p50 && popularity.p50 <= popularity.p90);
    assert!(popularity.p90 <= 100.0);
    assert!((0.0..=100.0).contains(&popularity.mean));
    assert!((0.0..=100.0).contains(&popularity.percentile));
    assert!(
        popularity
            .quantiles
            .is_sorted_by(|a, b| a.level < b.level && a.value <= b.value)
    );
    assert_eq!(prediction.windows.len(), 5);
    assert_eq!(prediction.windows[0].start_seconds, 0.0);
    assert!((prediction.windows[4].end_seconds - 12.0).abs() < 0.02);
    assert!(
        prediction
            .windows
            .iter()
            .all(|window| (0.0..=100.0).contains(&window.p50))
    );
    assert_eq!(prediction.tags.len(), 50);
    assert!(prediction.tags.is_sorted_by(|a, b| a.1 >= b.1));
    assert!(
        prediction
            .tags
            .iter()
            .all(|(_, score)| (0.0..=1.0).contains(score))
    );
    assert_eq!(prediction.model, manifest.version);
    // 12 s at a hop of 256 samples at 16 kHz, centred.
    assert_eq!(analysis.log_mel.dim(), (751, 96));
}

#[test]
fn the_same_song_gets_the_same_answer() {
    let (manifest, files) = shipped();
    let engine = Engine::load(&manifest, &files).unwrap();
    let clip = song(6.0, 48_000);
    let answer = || {
        engine
            .analyze(&clip, &Context::default(), &mut |_, _| true)
            .unwrap()
            .prediction
    };
    assert_eq!(answer(), answer());
}

/// What workers do: the stages by hand, in another order, with their results sent as plain values.
#[test]
fn stages_taken_apart_give_the_same_answer() {
    let (manifest, files) = shipped();
    let engine = Engine::load(&manifest, &files).unwrap();
    let clip = song(8.0, 44_100);
    let context = Context::default();
    let whole = engine.analyze(&clip, &context, &mut |_, _| true).unwrap();

    let (log_mel, measurements) = Processed::of(&clip, || Ok(())).unwrap().into_parts();
    let sent = serde_json::to_string(&measurements).unwrap();
    let starts = engine.window_starts(log_mel.nrows());
    let (mut first_frames, mut embeddings) = (Vec::new(), Vec::new());
    for start in starts {
        let length = engine.window_frames();
        let window: Vec<f32> = log_mel
            .rows()
            .into_iter()
            .skip(start)
            .take(length)
            .flatten()
            .copied()
            .collect();
        first_frames.push(start as u32);
        embeddings.extend(engine.embed(window).unwrap().to_vec());
    }
    let heard = engine.heard_windows(&first_frames, &embeddings).unwrap();
    let received = serde_json::from_str(&sent).unwrap();
    assert_eq!(
        engine.conclude(&received, &heard, &context).unwrap(),
        whole.prediction
    );

    assert!(
        engine
            .heard_windows(&first_frames, &embeddings[1..])
            .is_err()
    );
    assert_eq!(
        engine.embed(vec![0.0; 7]).unwrap_err().code(),
        "invalid_input"
    );
    assert_eq!(
        engine
            .conclude(&received, &[], &context)
            .unwrap_err()
            .code(),
        "too_short"
    );
}

#[test]
fn an_analysis_can_be_stopped_at_every_stage() {
    let (manifest, files) = shipped();
    let engine = Engine::load(&manifest, &files).unwrap();
    let clip = song(4.0, 22_050);
    for stop_at in [
        Stage::Spectrogram,
        Stage::Signal,
        Stage::Listening,
        Stage::Predicting,
    ] {
        let stopped = engine.analyze(&clip, &Context::default(), &mut |stage, _| stage != stop_at);
        assert_eq!(stopped.unwrap_err(), Error::Cancelled);
    }
}

#[test]
fn windows_cover_the_song_evenly() {
    let (manifest, files) = shipped();
    let engine = Engine::load(&manifest, &files).unwrap();
    let length = manifest.backbone.window_frames;
    assert!(engine.window_starts(length - 1).is_empty());
    assert_eq!(engine.window_starts(length), [0]);
    for frames in [length + 1, 2 * length, 1876, 13_126, 112_501] {
        let starts = engine.window_starts(frames);
        assert!(starts.is_sorted());
        assert!(starts.iter().all(|start| start + length <= frames));
        assert_eq!((starts[0], starts[starts.len() - 1]), (0, frames - length));
        assert!(
            starts.windows(2).all(|pair| pair[1] <= pair[0] + length),
            "a gap"
        );
        assert_eq!(starts.len(), frames.div_ceil(length));
    }
}

#[test]
fn a_tampered_model_is_refused_by_name() {
    let (manifest, files) = shipped();
    for entry in manifest.files().map(FileEntry::clone) {
        let mut tampered = files.clone();
        *tampered.get_mut(&entry.file).unwrap().last_mut().unwrap() ^= 1;
        match Engine::load(&manifest, &tampered) {
            Err(Error::ModelIntegrity { file, .. }) => assert_eq!(file, entry.file),
            other => panic!("{}: {other:?}", entry.file),
        }
        let mut incomplete = files.clone();
        incomplete.remove(&entry.file);
        match Engine::load(&manifest, &incomplete) {
            Err(Error::ModelMissing { file }) => assert_eq!(file, entry.file),
            other => panic!("{}: {other:?}", entry.file),
        }
    }
}

#[test]
fn models_of_another_version_are_refused() {
    let altered = |field: &str, value: serde_json::Value| {
        let mut manifest: serde_json::Value = serde_json::from_slice(MANIFEST).unwrap();
        manifest[field] = value;
        Manifest::parse(manifest.to_string().as_bytes()).unwrap_err()
    };
    for error in [
        altered("format", 2.into()),
        altered("features_version", 99.into()),
        altered("backbone", "nothing".into()),
        Manifest::parse(b"<html>not found</html>").unwrap_err(),
        Manifest::parse(b"{}").unwrap_err(),
    ] {
        assert_eq!(error.code(), "model_incompatible", "{error}");
    }
    let (mut manifest, files) = shipped();
    manifest.backbone.mel.hop = 160;
    let refused = Engine::load(&manifest, &files).unwrap_err();
    assert_eq!(refused.code(), "model_incompatible", "{refused}");
}
