//! The models, each as the pipeline asks it: the backbone on a window, loading all of them, and a whole
//! song on one thread.
//!
//! `cargo bench --workspace --profile dev --bench models`

#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use foretune::clip::Clip;
use foretune::engine::Engine;
use foretune::front_end::Processed;
use foretune::model::{MANIFEST_FILE, Manifest, ModelFiles};
use foretune::popularity::Context;

const SECONDS: u32 = 210;
const RATE_HZ: u32 = 44_100;

/// A rising chord: long enough, and never silent.
fn song() -> Clip {
    let plane = |detune: f32| {
        (0..SECONDS * RATE_HZ)
            .map(|n| {
                let t = n as f32 / RATE_HZ as f32;
                let chord: f32 = [220.0, 277.2, 329.6]
                    .iter()
                    .map(|hz| (TAU * hz * detune * t.fract()).sin())
                    .sum();
                0.2 * chord
            })
            .collect()
    };
    Clip::new(vec![plane(1.0), plane(1.003)], RATE_HZ).unwrap()
}

fn models(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let manifest = Manifest::parse(&fs::read(folder.join(MANIFEST_FILE)).unwrap()).unwrap();
    let files: ModelFiles = manifest
        .files()
        .map(|entry| {
            (
                entry.file.clone(),
                fs::read(folder.join(&entry.file)).unwrap(),
            )
        })
        .into();
    let engine = Engine::load(&manifest, &files).unwrap();
    let clip = song();
    let (log_mel, _) = Processed::of(&clip, || Ok(())).unwrap().into_parts();

    let mut group = criterion.benchmark_group("models");
    group.sample_size(10);
    group.bench_function("backbone, a window of 3 s", |bencher| {
        bencher.iter(|| engine.listen(black_box(&log_mel), 0).unwrap());
    });
    group.bench_function("load all models", |bencher| {
        bencher.iter(|| Engine::load(&manifest, black_box(&files)).unwrap());
    });
    group.bench_function("everything, 210 s of stereo", |bencher| {
        bencher.iter(|| {
            engine
                .analyze(black_box(&clip), &Context::default(), &mut |_, _| true)
                .unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, models);
criterion_main!(benches);
