//! What must hold of a song's curves and of its passages, on songs made of tones, noise and clicks.

// proptest takes its seed from the operating system, which wasm has none of.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::f64::consts::TAU;

use foretune::clip::Clip;
use foretune::features::curves::{Curves, QUIETEST_DB};
use foretune::features::key::Harmony;
use foretune::features::loudness::{QUIETEST_LUFS, measure};
use foretune::features::onsets::Onsets;
use foretune::features::structure::{Passage, Structure};
use foretune::resample::resample;
use proptest::prelude::*;

const RATE_HZ: u32 = 22_050;

fn measured(channels: &[Vec<f32>]) -> (Curves, Structure) {
    let clip = Clip::new(channels.to_vec(), RATE_HZ).unwrap();
    let mono = resample(&clip.mono(), RATE_HZ, RATE_HZ).unwrap();
    let onsets = Onsets::measure(&mono);
    let curves = Curves::of(&onsets, &measure(&clip).1);
    let harmony = Harmony::measure(&mono);
    let structure = Structure::of(clip.duration_seconds(), &curves, &onsets, harmony.as_ref());
    (curves, structure)
}

/// Each curve by name.
fn by_name(curves: &Curves) -> [(&'static str, &[f32]); 5] {
    [
        ("loudness_lufs", &curves.loudness_lufs),
        ("onset_density_hz", &curves.onset_density_hz),
        ("spectral_centroid_hz", &curves.spectral_centroid_hz),
        ("spectral_flatness", &curves.spectral_flatness),
        ("energy_db", &curves.energy_db),
    ]
}

fn passages(structure: &Structure) -> [(f64, Passage); 4] {
    [
        (15.0, structure.representative_15),
        (30.0, structure.representative_30),
        (15.0, structure.energetic_15),
        (30.0, structure.energetic_30),
    ]
}

fn noise(seed: u32, count: usize) -> impl Iterator<Item = f32> {
    let mut state = seed;
    (0..count).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) / 2.0_f64.powi(31) - 1.0) as f32
    })
}

fn chord(tones_hz: &[f64], amplitude: f64, seconds: f64) -> Vec<f32> {
    (0..(seconds * f64::from(RATE_HZ)) as usize)
        .map(|n| {
            let time = n as f64 / f64::from(RATE_HZ);
            let sum: f64 = tones_hz.iter().map(|hz| (TAU * hz * time).sin()).sum();
            (amplitude * sum) as f32
        })
        .collect()
}

/// Bursts of noise of 10 ms at `rate_hz`.
fn bursts(rate_hz: f64, seconds: f64) -> Vec<f32> {
    let rate = f64::from(RATE_HZ);
    let count = (seconds * rate) as usize;
    noise(5, count)
        .enumerate()
        .map(|(n, x)| {
            let since = (n as f64 / rate) % (1.0 / rate_hz);
            0.5 * x * (-since / 0.01).exp() as f32
        })
        .collect()
}

/// Sections of chords, each with its own beat and level.
fn song() -> impl Strategy<Value = Vec<f32>> {
    let section = (
        prop::collection::vec(60.0..3000.0, 1..4_usize),
        0.02..0.2_f64,
        0.5..6.0_f64,
        1.0..14.0_f64,
    );
    prop::collection::vec(section, 1..6_usize).prop_filter_map("at least 3 s", |sections| {
        let mut samples = Vec::new();
        for (tones_hz, amplitude, beats_hz, seconds) in sections {
            let level = amplitude as f32;
            let chord = chord(&tones_hz, amplitude, seconds);
            let beat = bursts(beats_hz, seconds);
            samples.extend(chord.iter().zip(&beat).map(|(c, b)| c + level * b));
        }
        (samples.len() >= 3 * RATE_HZ as usize).then_some(samples)
    })
}

proptest! {
    // Half a minute of audio a case.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn every_second_has_its_values_and_every_passage_lies_in_the_song(song in song()) {
        let (curves, structure) = measured(std::slice::from_ref(&song));
        let duration = song.len() as f64 / f64::from(RATE_HZ);
        prop_assert_eq!(curves.step_seconds, 1.0);
        for (name, curve) in by_name(&curves) {
            prop_assert_eq!(curve.len() as f64, duration.round(), "{}", name);
            prop_assert!(curve.iter().all(|value| value.is_finite()), "{}", name);
        }
        prop_assert!(curves.loudness_lufs.iter().all(|&lufs| lufs >= QUIETEST_LUFS));
        prop_assert!(curves.energy_db.iter().all(|&db| db >= QUIETEST_DB));
        prop_assert!(curves.spectral_flatness.iter().all(|flatness| (0.0..=1.0).contains(flatness)));
        let nyquist_hz = RATE_HZ as f32 / 2.0;
        prop_assert!(curves.spectral_centroid_hz.iter().all(|hz| (0.0..nyquist_hz).contains(hz)));
        for (seconds, passage) in passages(&structure) {
            let length = passage.end_seconds - passage.start_seconds;
            prop_assert_eq!(length, duration.min(seconds));
            prop_assert!(passage.start_seconds >= 0.0 && passage.end_seconds <= duration);
        }
    }

    #[test]
    fn gain_shifts_levels_and_nothing_else(song in song(), halvings in 1..4_i32) {
        // A power of two rounds nothing but the results.
        let factor = 0.5_f32.powi(halvings);
        let gain_db = 20.0 * factor.log10();
        let quiet: Vec<f32> = song.iter().map(|sample| factor * sample).collect();
        let (before, passages_before) = measured(&[song]);
        let (after, passages_after) = measured(&[quiet]);
        for ((name, before), (_, after)) in by_name(&before).into_iter().zip(by_name(&after)) {
            let shift = if matches!(name, "loudness_lufs" | "energy_db") { gain_db } else { 0.0 };
            for (before, after) in before.iter().zip(after) {
                // f32's rounding of a few sums.
                prop_assert!((after - before - shift).abs() <= 1e-4 * (1.0 + before.abs()), "{name}: {before} to {after}");
            }
        }
        prop_assert_eq!(passages_before, passages_after);
    }

    #[test]
    fn channels_may_be_swapped_and_inverted(left in song(), seed in any::<u32>()) {
        let right: Vec<f32> = noise(seed, left.len()).map(|x| 0.1 * x).collect();
        let inverted = |samples: &[f32]| samples.iter().map(|x| -x).collect::<Vec<f32>>();
        let (heard, passages) = measured(&[left.clone(), right.clone()]);
        for channels in [[right.clone(), left.clone()], [inverted(&left), inverted(&right)]] {
            let (other, other_passages) = measured(&channels);
            for ((name, heard), (_, other)) in by_name(&heard).into_iter().zip(by_name(&other)) {
                for (heard, other) in heard.iter().zip(other) {
                    prop_assert!((heard - other).abs() <= 1e-4 * (1.0 + heard.abs()), "{name}: {heard}, {other}");
                }
            }
            prop_assert_eq!(&passages, &other_passages);
        }
    }
}

#[test]
fn steady_sounds_have_the_curves_theory_gives() {
    let (tone, _) = measured(&[chord(&[1000.0], 0.5, 8.0)]);
    let (hiss, _) = measured(&[noise(9, 8 * RATE_HZ as usize).map(|x| 0.5 * x).collect()]);
    // The seconds at the ends hear the tone begin and end: three count for each onset.
    for second in 2..6 {
        // 10 log10(0.5² / 2); noise that is uniform to ±0.5 has a variance of 1/12.
        assert!((tone.energy_db[second] + 9.03).abs() < 0.01);
        assert!((hiss.energy_db[second] + 10.79).abs() < 0.1);
        // A Hann window's side lobes reach far, but hold little.
        let centroid_hz = tone.spectral_centroid_hz[second];
        assert!((centroid_hz - 1000.0).abs() < 20.0, "{centroid_hz}");
        // White: half the Nyquist frequency, less or more by chance.
        let centroid_hz = hiss.spectral_centroid_hz[second];
        assert!((centroid_hz - 5512.0).abs() < 100.0, "{centroid_hz}");
        assert!(tone.spectral_flatness[second] < 0.001);
        // A mean over 86 overlapping frames still varies by a few per cent from bin to bin.
        assert!(hiss.spectral_flatness[second] > 0.97);
        assert_eq!(tone.onset_density_hz[second], 0.0);
        // The threshold is above what steady noise does, but for a rare chance.
        assert!(
            hiss.onset_density_hz[second] <= 1.0,
            "{:?}",
            hiss.onset_density_hz
        );
    }
}

#[test]
fn short_term_loudness_is_of_the_seconds_around() {
    let tone = |dbfs: f64, seconds| chord(&[997.0], 10.0_f64.powf(dbfs / 20.0), seconds);
    let mut song = tone(-20.0, 10.0);
    song.extend(tone(-40.0, 10.0));
    song.extend(vec![0.0; 10 * RATE_HZ as usize]);
    let (curves, _) = measured(&[song]);
    // 997 Hz at 0 dBFS in one channel is -3.01 LUFS.
    let expected = [(0, -23.01), (5, -23.01), (15, -43.01), (25, -70.0)];
    for (second, lufs) in expected {
        let actual = curves.loudness_lufs[second];
        assert!((actual - lufs).abs() < 0.05, "{second}: {actual}");
    }
    // Second 10 hears one second of three before the step: 10 log10(1/3).
    assert!((curves.loudness_lufs[10] + 23.01 + 4.77 - 0.09).abs() < 0.1);
    assert_eq!(curves.energy_db[25], QUIETEST_DB);
}

#[test]
fn density_counts_the_onsets() {
    for rate_hz in [1.0, 2.5, 4.0, 8.0] {
        let (curves, _) = measured(&[bursts(rate_hz, 20.0)]);
        for second in 2..18 {
            // Three seconds may hold one more or less.
            let error = f64::from(curves.onset_density_hz[second]) - rate_hz;
            assert!(
                error.abs() < 0.34,
                "{rate_hz}: {:?}",
                curves.onset_density_hz
            );
        }
    }
}

#[test]
fn the_passage_that_returns_represents_the_song() {
    let verse = |root: f64| chord(&[root, 1.189 * root, 1.498 * root], 0.1, 20.0);
    let chorus: Vec<f32> = chord(&[523.3, 659.3, 784.0, 2093.0], 0.1, 20.0)
        .iter()
        .zip(bursts(2.0, 20.0))
        .map(|(chord, beat)| chord + 0.3 * beat)
        .collect();
    let mut song = verse(110.0);
    song.extend(&chorus);
    song.extend(verse(311.0));
    song.extend(&chorus);
    song.extend(verse(185.0));
    let (_, structure) = measured(&[song]);
    for passage in [structure.representative_15, structure.energetic_15] {
        let inside = [20.0, 60.0]
            .iter()
            .any(|start| passage.start_seconds >= *start && passage.end_seconds <= start + 20.0);
        assert!(inside, "{structure:?}");
    }
}

#[test]
fn the_loud_and_busy_passage_is_the_energetic_one() {
    let mut song = chord(&[220.0, 277.2], 0.05, 40.0);
    let drop = chord(&[220.0, 277.2], 0.2, 15.0);
    song.extend(drop.iter().zip(bursts(4.0, 15.0)).map(|(c, b)| c + b));
    song.extend(chord(&[220.0, 277.2], 0.05, 40.0));
    let (_, structure) = measured(&[song]);
    assert_eq!(
        structure.energetic_15,
        Passage {
            start_seconds: 40.0,
            end_seconds: 55.0
        }
    );
    let wider = structure.energetic_30;
    assert!(
        wider.start_seconds <= 40.0 && wider.end_seconds >= 55.0,
        "{wider:?}"
    );
}
