//! All of the signal processing on one song, one thread: what `beside_librosa.py` runs. Prints
//! JSON: seconds by stage, and their sum, each the least of five.
//!
//! `cargo bench --workspace --bench whole --profile dev -- song.f32`, where the song is planar
//! stereo at 44.1 kHz, 32-bit floats, little-endian.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use foretune::clip::Clip;
use foretune::features::key::{self, Harmony};
use foretune::features::loudness;
use foretune::features::onsets::Onsets;
use foretune::features::tempo;
use foretune::measurements::SIGNAL_RATE_HZ;
use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::resample::{resample, resample_mono};

const RATE_HZ: u32 = 44_100;
const RUNS: usize = 5;

fn main() {
    // Cargo adds options of its own; without a song, as under `--all-targets`, there is nothing to do.
    let Some(path) = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
    else {
        return;
    };
    let samples: Vec<f32> = std::fs::read(path)
        .unwrap()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    let (left, right) = samples.split_at(samples.len() / 2);
    let clip = Clip::new(vec![left.to_vec(), right.to_vec()], RATE_HZ).unwrap();

    let mut seconds = BTreeMap::new();
    let mel_config = MelConfig::BACKBONE;
    let mono = least(&mut seconds, "resample to 22.05 kHz", || {
        resample_mono(&clip, SIGNAL_RATE_HZ).unwrap()
    });
    let for_mel = least(&mut seconds, "resample on to 16 kHz", || {
        resample(&mono, SIGNAL_RATE_HZ, mel_config.sample_rate_hz).unwrap()
    });
    least(&mut seconds, "mel", || {
        MelSpectrogram::new(mel_config).log_mel(&for_mel)
    });
    let onsets = least(&mut seconds, "onsets", || Onsets::measure(&mono));
    least(&mut seconds, "tempo", || tempo::estimate(&onsets));
    let harmony = least(&mut seconds, "harmony", || Harmony::measure(&mono));
    least(&mut seconds, "key", || key::estimate(harmony.as_ref()));
    least(&mut seconds, "loudness", || loudness::measure(&clip));
    let sum: f64 = seconds.values().sum();
    seconds.insert("sum", sum);
    println!("{}", serde_json::to_string(&seconds).unwrap());
}

fn least<T>(
    seconds: &mut BTreeMap<&'static str, f64>,
    stage: &'static str,
    run: impl Fn() -> T,
) -> T {
    let mut least = f64::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        black_box(run());
        least = least.min(start.elapsed().as_secs_f64());
    }
    seconds.insert(stage, least);
    run()
}
