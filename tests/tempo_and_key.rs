//! What must hold of tempo and key whatever is played: tunes of drums, bass and chords, played
//! faster, higher, louder, later, upside down and the other way round.

// proptest takes its seed from the operating system, which wasm has none of.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

mod tune;

use foretune::clip::Clip;
use foretune::features::key::{self, Harmony, Key};
use foretune::features::onsets::Onsets;
use foretune::features::tempo::{self, Tempo};
use foretune::measurements::SIGNAL_RATE_HZ;
use foretune::resample::resample_mono;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tune::Tune;

const RATE_HZ: u32 = 22_050;

fn tune() -> impl Strategy<Value = Tune> {
    (84.0..150.0, 0..12_i32, 0..2_u8, 0..2_usize).prop_map(|(tempo_bpm, tonic, mode, turn)| Tune {
        tempo_bpm,
        tonic,
        mode,
        turn,
    })
}

fn heard(channels: &[Vec<f32>], rate_hz: u32) -> (Tempo, Key) {
    let clip = Clip::new(channels.to_vec(), rate_hz).unwrap();
    let mono = resample_mono(&clip, SIGNAL_RATE_HZ).unwrap();
    let tempo = tempo::estimate(&Onsets::measure(&mono));
    (tempo, key::estimate(Harmony::measure(&mono).as_ref()))
}

fn heard_mono(samples: Vec<f32>) -> (Tempo, Key) {
    heard(&[samples], RATE_HZ)
}

/// Whether `actual` is `expected` to one per cent, or a listener's double or half of it: what is
/// the beat of bare drums depends on how fast they are.
fn follows(actual: f32, expected: f64) -> bool {
    [0.5, 1.0, 2.0]
        .iter()
        .any(|octave| (f64::from(actual) / (octave * expected) - 1.0).abs() < 0.01)
}

fn higher(key: u8, semitones: i32) -> u8 {
    (i32::from(key) + semitones).rem_euclid(12) as u8
}

proptest! {
    // Some twenty seconds of audio a case; the same cases in every run, for no fitted choice is right
    // about every tune there may be.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(5)
    })]

    #[test]
    fn the_tempo_and_the_key_that_are_played_are_heard(tune in tune()) {
        let (tempo, key) = heard_mono(tune.play(RATE_HZ));
        prop_assert!(follows(tempo.bpm, tune.tempo_bpm), "{tempo:?}");
        prop_assert_eq!((i32::from(key.pitch_class), key.mode), (tune.tonic, tune.mode));
    }

    #[test]
    fn stretched_time_stretches_the_tempo_and_leaves_the_key(tune in tune(), factor in 0.8..1.25_f64) {
        let faster = Tune { tempo_bpm: factor * tune.tempo_bpm, ..tune };
        let ((tempo, key), (tempo_after, key_after)) = (heard_mono(tune.play(RATE_HZ)), heard_mono(faster.play(RATE_HZ)));
        prop_assert!(follows(tempo_after.bpm, factor * f64::from(tempo.bpm)), "{tempo:?} {tempo_after:?}");
        prop_assert_eq!(key.name, key_after.name);
    }

    #[test]
    fn transposition_moves_the_key_and_leaves_the_tempo(tune in tune(), semitones in 1..12_i32) {
        let transposed = Tune { tonic: (tune.tonic + semitones) % 12, ..tune };
        let ((tempo, key), (tempo_after, key_after)) = (heard_mono(tune.play(RATE_HZ)), heard_mono(transposed.play(RATE_HZ)));
        prop_assert!(follows(tempo_after.bpm, f64::from(tempo.bpm)), "{tempo:?} {tempo_after:?}");
        prop_assert_eq!((higher(key.pitch_class, semitones), key.mode), (key_after.pitch_class, key_after.mode));
    }

    #[test]
    fn a_faster_tape_is_faster_and_higher(tune in tune(), semitones in 1..5_i32) {
        // A slower one would take the bass below what the key is heard from.
        let samples = tune.play(RATE_HZ);
        // The same samples at another rate: every time and every frequency, by the same factor.
        let rate_hz = (f64::from(RATE_HZ) * 2.0_f64.powf(f64::from(semitones) / 12.0)).round() as u32;
        let factor = f64::from(rate_hz) / f64::from(RATE_HZ);
        let ((tempo, key), (tempo_after, key_after)) =
            (heard_mono(samples.clone()), heard(&[samples], rate_hz));
        prop_assert!(follows(tempo_after.bpm, factor * f64::from(tempo.bpm)), "{tempo:?} {tempo_after:?}");
        prop_assert_eq!((higher(key.pitch_class, semitones), key.mode), (key_after.pitch_class, key_after.mode));
    }

    #[test]
    fn silence_around_the_song_changes_neither(tune in tune(), before in 0.0..15.0_f64, after in 0.0..15.0_f64) {
        let plain = tune.play(RATE_HZ);
        let silence = |seconds: f64| vec![0.0; (seconds * f64::from(RATE_HZ)) as usize];
        let padded = [silence(before), plain.clone(), silence(after)].concat();
        let ((tempo, key), (tempo_after, key_after)) = (heard_mono(plain), heard_mono(padded));
        prop_assert!(follows(tempo_after.bpm, f64::from(tempo.bpm)), "{tempo:?} {tempo_after:?}");
        prop_assert_eq!(key.name, key_after.name);
        // Frames fall elsewhere on the notes.
        prop_assert!((key.tuning_cents - key_after.tuning_cents).abs() < 2.0);
    }

    #[test]
    fn level_polarity_and_the_order_of_channels_change_nothing(tune in tune(), halvings in 1..6_i32) {
        let left = tune.play(RATE_HZ);
        let right: Vec<f32> = left.iter().rev().map(|sample| 0.3 * sample).collect();
        let (tempo, key) = heard(&[left.clone(), right.clone()], RATE_HZ);
        // A power of two rounds nothing.
        let scaled = |samples: &[f32], factor: f32| samples.iter().map(|x| factor * x).collect::<Vec<_>>();
        let factor = 0.5_f32.powi(halvings);
        for channels in [
            [right.clone(), left.clone()],
            [scaled(&left, -1.0), scaled(&right, -1.0)],
            [scaled(&left, factor), scaled(&right, factor)],
        ] {
            let (other_tempo, other_key) = heard(&channels, RATE_HZ);
            // The mean of the song, which onsets are measured by, is a sum of many values.
            prop_assert!((tempo.bpm / other_tempo.bpm - 1.0).abs() < 1e-4, "{tempo:?} {other_tempo:?}");
            prop_assert_eq!(&key.name, &other_key.name);
            prop_assert!((key.tuning_cents - other_key.tuning_cents).abs() < 0.01);
        }
    }
}
