//! Loudness against the synthetic cases of EBU Tech 3341 (2016) and 3342, and against ffmpeg's
//! `ebur128` filter on the signals that `tests/golden/generate.py` writes a second time.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use foretune::clip::Clip;
use foretune::features::loudness::{Loudness, measure};

fn tone(hz: f64, rate: u32, levels: &[(f64, f64)]) -> Vec<f32> {
    let mut samples = Vec::new();
    for &(dbfs, seconds) in levels {
        let amplitude = 10.0_f64.powf(dbfs / 20.0);
        for _ in 0..(seconds * f64::from(rate)) as usize {
            let phase = TAU * hz * samples.len() as f64 / f64::from(rate);
            samples.push((amplitude * phase.sin()) as f32);
        }
    }
    samples
}

fn of(channels: Vec<Vec<f32>>, rate: u32) -> Loudness {
    let clip = Clip::new(channels, rate).unwrap();
    measure(&clip).0
}

fn stereo_tone(levels: &[(f64, f64)]) -> Loudness {
    let tone = tone(1000.0, 48_000, levels);
    of(vec![tone.clone(), tone], 48_000)
}

#[track_caller]
fn assert_within(what: &str, actual: f32, expected: f64, below: f64, above: f64) {
    let error = f64::from(actual) - expected;
    println!("{what}: {actual:.3}, expected {expected:.3}");
    assert!(
        (-below..=above).contains(&error),
        "{what}: {actual}, expected {expected}"
    );
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn integrated_loudness_passes_tech_3341() {
    let cases: [(&[(f64, f64)], f64); 5] = [
        (&[(-23.0, 20.0)], -23.0),
        (&[(-33.0, 20.0)], -33.0),
        (&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        (
            &[
                (-72.0, 10.0),
                (-36.0, 10.0),
                (-23.0, 60.0),
                (-36.0, 10.0),
                (-72.0, 10.0),
            ],
            -23.0,
        ),
        (&[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
    ];
    // The tolerance is the document's.
    for (index, (levels, expected)) in cases.into_iter().enumerate() {
        let actual = stereo_tone(levels);
        assert_within(
            &format!("case {}", index + 1),
            actual.integrated_lufs,
            expected,
            0.1,
            0.1,
        );
    }
    let channels = [-28.0, -28.0, -24.0, f64::NEG_INFINITY, -30.0, -30.0]
        .map(|dbfs| tone(1000.0, 48_000, &[(dbfs, 20.0)]));
    assert_within(
        "case 6",
        of(channels.to_vec(), 48_000).integrated_lufs,
        -23.0,
        0.1,
        0.1,
    );
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn short_term_maximum_follows_three_seconds() {
    // Case 1 of Tech 3341 asks -23.0 of the short-term value too; then a burst shorter than the
    // window counts by its share of it: 10 log10(1.5 s / 3 s) is -3.01.
    assert_within(
        "steady",
        stereo_tone(&[(-23.0, 20.0)]).short_term_max_lufs,
        -23.0,
        0.1,
        0.1,
    );
    let burst = stereo_tone(&[(-90.0, 6.0), (-20.0, 1.5), (-90.0, 6.0)]);
    assert_within("burst", burst.short_term_max_lufs, -23.01, 0.1, 0.1);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn range_passes_tech_3342() {
    let cases: [(&[f64], f64); 4] = [
        (&[-20.0, -30.0], 10.0),
        (&[-20.0, -15.0], 5.0),
        (&[-40.0, -20.0], 20.0),
        (&[-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ];
    for (index, (levels, expected)) in cases.into_iter().enumerate() {
        let levels: Vec<(f64, f64)> = levels.iter().map(|&dbfs| (dbfs, 20.0)).collect();
        // The tolerance is the document's.
        let actual = stereo_tone(&levels).range_lu;
        assert_within(&format!("case {}", index + 1), actual, expected, 1.0, 1.0);
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn true_peak_passes_tech_3341() {
    // Cases 15 to 19: samples that miss the crest of a sine of amplitude 0.5 (1.41 in the last).
    let cases = [
        (4.0, 0.0, 0.50, -6.0),
        (4.0, 45.0, 0.50, -6.0),
        (6.0, 60.0, 0.50, -6.0),
        (8.0, 67.5, 0.50, -6.0),
        (4.0, 45.0, 1.41, 3.0),
    ];
    for (index, (period, degrees, amplitude, expected)) in cases.into_iter().enumerate() {
        let samples: Vec<f32> = (0..5 * 48_000)
            .map(|n| {
                // A fade in and out, since a sine that starts at once overshoots.
                let fade = (f64::from(n.min(5 * 48_000 - n)) / 4800.0).min(1.0);
                let phase = TAU * (f64::from(n) / period + degrees / 360.0);
                (fade * amplitude * phase.sin()) as f32
            })
            .collect();
        let actual = of(vec![samples.clone(), samples], 48_000).true_peak_dbtp;
        // The tolerance is the document's.
        assert_within(&format!("case {}", index + 15), actual, expected, 0.4, 0.2);
    }
}

fn random_bits(count: usize) -> impl Iterator<Item = f64> {
    let mut state = 1_u32;
    (0..count).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state) / 2.0_f64.powi(32)
    })
}

fn seconds(rate: u32) -> impl Iterator<Item = f64> {
    (0..30 * rate).map(move |n| f64::from(n) / f64::from(rate))
}

fn signal(name: &str) -> (u32, Vec<Vec<f32>>) {
    let swell = |t: f64| 0.55 + 0.45 * (TAU * 0.13 * t).sin();
    let sine = |hz: f64, t: f64| (TAU * hz * t).sin();
    match name {
        "tremolo" => {
            let left = |t| 0.3 * swell(t) * sine(220.0, t) + 0.1 * sine(3333.0, t);
            let right = |t| 0.2 * sine(97.0, t) + 0.25 * swell(t) * sine(5011.0, t);
            let plane = |f: &dyn Fn(f64) -> f64| seconds(44_100).map(|t| f(t) as f32).collect();
            (44_100, vec![plane(&left), plane(&right)])
        }
        "noise_steps" => {
            let steps = [0.6, 0.04, 0.2, 0.002, 1.0, 0.1];
            let (mut before, mut last) = (0.0, 0.0);
            let plane = random_bits(30 * 48_000).enumerate().map(|(n, bits)| {
                let noise = 2.0 * bits - 1.0;
                let soft = 0.25 * noise + 0.5 * last + 0.25 * before;
                (before, last) = (last, noise);
                (soft * steps[n / 240_000]) as f32
            });
            (48_000, vec![plane.collect()])
        }
        "hot" => {
            let tone = |t: f64| 1.1 * (TAU * 11_999.0 * t + 0.7).sin() * (0.5 + 0.5 * sine(0.5, t));
            let left = seconds(48_000).map(|t| tone(t).clamp(-1.0, 1.0) as f32);
            let right = seconds(48_000).map(|t| (0.9 * sine(60.0, t)) as f32);
            (48_000, vec![left.collect(), right.collect()])
        }
        _ => panic!("no signal is called {name}"),
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn loudness_agrees_with_ffmpeg() {
    let golden: BTreeMap<String, BTreeMap<String, f64>> =
        serde_json::from_str(include_str!("golden/loudness.json")).unwrap();
    assert_eq!(golden.len(), 3);
    for (name, expected) in &golden {
        let (rate, channels) = signal(name);
        let actual = of(channels, rate);
        let check = |what: &str, actual: f32, tolerance: f64| {
            assert_within(
                &format!("{name} {what}"),
                actual,
                expected[what],
                tolerance,
                tolerance,
            );
        };
        check("integrated_lufs", actual.integrated_lufs, 0.1);
        check("short_term_max_lufs", actual.short_term_max_lufs, 0.1);
        // ffmpeg sorts the values of the range into bins of 0.1 LU.
        check("range_lu", actual.range_lu, 0.1);
        // Two oversampling filters, each allowed +0.2 and -0.4 dB by Tech 3341; they agree far better
        // below 0.4 of the sample rate.
        check("true_peak_dbtp", actual.true_peak_dbtp, 0.1);
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn what_lies_below_the_gate_is_answered_with_the_gate() {
    let quiet = of(vec![tone(1000.0, 48_000, &[(-76.0, 5.0)])], 48_000);
    assert_eq!(
        quiet.integrated_lufs,
        foretune::features::loudness::QUIETEST_LUFS
    );
    assert_eq!(quiet.spotify_db, -60.0);
    assert!(quiet.short_term_max_lufs.is_finite() && quiet.range_lu.is_finite());
    assert_within("true peak", quiet.true_peak_dbtp, -76.0, 0.4, 0.2);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_mono_file_is_as_loud_to_spotify_as_its_stereo_copy() {
    let tone = tone(1000.0, 44_100, &[(-20.0, 5.0)]);
    let mono = of(vec![tone.clone()], 44_100);
    let stereo = of(vec![tone.clone(), tone], 44_100);
    assert_within(
        "integrated",
        mono.integrated_lufs,
        f64::from(stereo.integrated_lufs) - 3.01,
        0.01,
        0.01,
    );
    assert_within(
        "spotify",
        mono.spotify_db,
        f64::from(stereo.spotify_db),
        0.01,
        0.01,
    );
}
