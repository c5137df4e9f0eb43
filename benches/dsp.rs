//! One group a stage, each on three minutes of stereo at 44.1 kHz or on what the stage before made
//! of it. Throughput is in samples of the stage's own input, so 44.1 Melem/s is 1000 times real time
//! for the first stages and 22.05 Melem/s or 16 Melem/s for the later ones.
//!
//! `cargo bench -p foretune --bench dsp`; with `--profile dev` it needs no second build of everything.

#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use foretune::clip::Clip;
use foretune::features::loudness;
use foretune::features::statistics::Statistics;
use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::resample::resample;
use foretune::spectrogram::Spectrogram;

const SECONDS: u32 = 180;
const RATE_HZ: u32 = 44_100;

/// Detuned chords with a beat: nothing here is faster on silence or on repeats, but loudness and
/// true peak take branches that music takes.
fn song() -> Clip {
    let plane = |detune: f32| {
        (0..SECONDS * RATE_HZ)
            .map(|n| {
                let t = (n % RATE_HZ) as f32 / RATE_HZ as f32;
                let beat = (-6.0 * (2.0 * t).fract()).exp();
                let chord: f32 = [220.0, 277.2, 329.6, 1760.0]
                    .iter()
                    .map(|hz| (TAU * hz * detune * t).sin())
                    .sum();
                0.15 * chord + 0.35 * beat * (TAU * 60.0 * t).sin()
            })
            .collect()
    };
    Clip::new(vec![plane(1.0), plane(1.003)], RATE_HZ).unwrap()
}

fn stages(criterion: &mut Criterion) {
    let clip = song();
    let mono = clip.mono();
    let mono_22050 = resample(&mono, RATE_HZ, 22_050).unwrap();
    let mono_16000 = resample(&mono, RATE_HZ, 16_000).unwrap();

    let mut group = criterion.benchmark_group("resample");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(mono.len() as u64));
    for to_hz in [22_050, 16_000] {
        group.bench_function(format!("{RATE_HZ} to {to_hz}"), |bencher| {
            bencher.iter(|| resample(black_box(&mono), RATE_HZ, to_hz).unwrap());
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("spectrogram");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(mono_22050.len() as u64));
    let mut spectrogram = Spectrogram::new(2048, 512);
    group.bench_function("2048 by 512", |bencher| {
        bencher.iter(|| {
            spectrogram.for_each(black_box(&mono_22050), |frame| {
                black_box(frame.power);
            });
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("mel");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(mono_16000.len() as u64));
    let mut mel = MelSpectrogram::new(MelConfig::BACKBONE);
    group.bench_function("backbone", |bencher| {
        bencher.iter(|| mel.log_mel(black_box(&mono_16000)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("loudness");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(mono.len() as u64));
    group.bench_function("stereo", |bencher| {
        bencher.iter(|| loudness::measure(black_box(&clip)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("statistics");
    let middle = &mono_22050[75 * 22_050..105 * 22_050];
    group
        .sample_size(10)
        .throughput(Throughput::Elements(middle.len() as u64));
    group.bench_function("middle 30 s", |bencher| {
        bencher.iter(|| Statistics::measure(black_box(middle)));
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
