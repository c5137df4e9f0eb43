//! What must hold for every song, on songs made of sines, noise, clicks and silence.

// proptest takes its seed from the operating system, which wasm has none of.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::f64::consts::TAU;

use foretune::Error;
use foretune::clip::Clip;
use foretune::features::loudness::{Loudness, measure};
use foretune::features::statistics::Statistics;
use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::resample::resample;
use foretune::spectrogram::Spectrogram;
use proptest::prelude::*;

/// A part of a song; amplitudes are such that four parts stay below full scale.
#[derive(Debug, Clone)]
enum Part {
    Sine { hz: f64, amplitude: f64 },
    Noise { seed: u32, amplitude: f64 },
    Clicks { period_seconds: f64, amplitude: f64 },
}

impl Part {
    fn add(&self, rate_hz: u32, samples: &mut [f32]) {
        let rate = f64::from(rate_hz);
        match *self {
            Self::Sine { hz, amplitude } => {
                for (n, sample) in samples.iter_mut().enumerate() {
                    *sample += (amplitude * (TAU * hz * n as f64 / rate).sin()) as f32;
                }
            }
            Self::Noise { seed, amplitude } => {
                let mut state = seed;
                for sample in samples {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *sample += (amplitude * (f64::from(state) / 2.0_f64.powi(31) - 1.0)) as f32;
                }
            }
            Self::Clicks {
                period_seconds,
                amplitude,
            } => {
                for sample in samples.iter_mut().step_by((period_seconds * rate) as usize) {
                    *sample += amplitude as f32;
                }
            }
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        (30.0..7000.0, 0.01..0.24).prop_map(|(hz, amplitude)| Part::Sine { hz, amplitude }),
        (any::<u32>(), 0.01..0.24).prop_map(|(seed, amplitude)| Part::Noise { seed, amplitude }),
        (0.05..1.0, 0.05..0.24).prop_map(|(period_seconds, amplitude)| Part::Clicks {
            period_seconds,
            amplitude
        }),
    ]
}

/// A channel: parts that sound throughout, so that a gain moves no block across a gate.
fn channel(rate_hz: u32, seconds: f64) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(part(), 1..=4).prop_map(move |parts| {
        let mut samples = vec![0.0; (seconds * f64::from(rate_hz)) as usize];
        for part in &parts {
            part.add(rate_hz, &mut samples);
        }
        samples
    })
}

fn scaled(samples: &[f32], factor: f32) -> Vec<f32> {
    samples.iter().map(|sample| sample * factor).collect()
}

fn stereo(left: &[f32], right: &[f32]) -> Loudness {
    let clip = Clip::new(vec![left.to_vec(), right.to_vec()], 44_100).unwrap();
    measure(&clip).0
}

fn mel(signal: &[f32]) -> ndarray::Array2<f32> {
    MelSpectrogram::new(MelConfig::BACKBONE).log_mel(signal)
}

proptest! {
    // Seconds of audio a case: a dozen cases of each keep the whole file in seconds.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn gain_shifts_loudness_by_as_many_decibels(
        left in channel(44_100, 4.0), right in channel(44_100, 4.0), gain_db in -12.0..0.0_f32,
    ) {
        let factor = 10.0_f32.powf(gain_db / 20.0);
        let before = stereo(&left, &right);
        prop_assume!(before.integrated_lufs > -50.0);
        let after = stereo(&scaled(&left, factor), &scaled(&right, factor));
        // Only f32's rounding of samples and results is between the two.
        for (after, before) in [
            (after.integrated_lufs, before.integrated_lufs),
            (after.short_term_max_lufs, before.short_term_max_lufs),
            (after.true_peak_dbtp, before.true_peak_dbtp),
            (after.spotify_db, before.spotify_db),
        ] {
            prop_assert!((after - before - gain_db).abs() < 1e-3, "{before} to {after} by {gain_db}");
        }
        prop_assert!((after.range_lu - before.range_lu).abs() < 1e-3);
    }

    #[test]
    fn loudness_ignores_which_channel_is_which_and_polarity(
        left in channel(44_100, 3.0), right in channel(44_100, 3.0),
    ) {
        let heard = stereo(&left, &right);
        let swapped = stereo(&right, &left);
        let inverted = stereo(&scaled(&left, -1.0), &right);
        for other in [swapped, inverted] {
            // Sums over channels may round in another order.
            prop_assert!((other.integrated_lufs - heard.integrated_lufs).abs() < 1e-4);
            prop_assert!((other.short_term_max_lufs - heard.short_term_max_lufs).abs() < 1e-4);
            prop_assert!((other.range_lu - heard.range_lu).abs() < 1e-4);
            prop_assert!((other.true_peak_dbtp - heard.true_peak_dbtp).abs() < 1e-4);
        }
    }

    #[test]
    fn mel_never_falls_when_the_gain_rises(signal in channel(16_000, 1.0), gain in 1.0..4.0_f32) {
        let (quiet, loud) = (mel(&signal), mel(&scaled(&signal, gain)));
        for (quiet, loud) in quiet.iter().zip(&loud) {
            // A gain rounds every sample of its own, which leaves noise of 1e-7 of the loudest bin
            // in empty bands.
            prop_assert!(*loud >= quiet - 1e-4, "{quiet} fell to {loud}");
        }
    }

    #[test]
    fn mel_and_statistics_ignore_polarity(signal in channel(22_050, 1.0)) {
        let inverted = scaled(&signal, -1.0);
        prop_assert_eq!(mel(&signal), mel(&inverted));
        let (upright, inverted) = (Statistics::measure(&signal), Statistics::measure(&inverted));
        for ((name, a), b) in Statistics::NAMES.iter().zip(upright.to_array()).zip(inverted.to_array()) {
            // A sample of exactly zero counts as positive either way round, as librosa has it.
            if !name.starts_with("zero_crossing") {
                prop_assert_eq!(a, b, "{}", name);
            }
        }
    }

    #[test]
    fn silence_before_the_song_delays_its_mel_and_changes_nothing_else(
        signal in channel(16_000, 1.0), frames in 2..20_usize,
    ) {
        let mut delayed = vec![0.0; frames * MelConfig::BACKBONE.hop];
        delayed.extend_from_slice(&signal);
        let (now, later) = (mel(&signal), mel(&delayed));
        prop_assert_eq!(later.nrows(), now.nrows() + frames);
        for (now, later) in now.rows().into_iter().zip(later.rows().into_iter().skip(frames)) {
            prop_assert_eq!(now, later);
        }
        // The first frame of the song reaches half a window, one hop, back into the silence.
        prop_assert!(later.rows().into_iter().take(frames - 1).all(|row| row.iter().all(|&x| x == 0.0)));
    }

    #[test]
    fn mel_of_a_gain_is_the_gain_of_the_power(signal in channel(16_000, 1.0), gain in 0.25..4.0_f32) {
        // log10(1e4 x + 1) undone.
        let power = |log_mel: f32| (10.0_f64.powf(f64::from(log_mel)) - 1.0) / 1e4;
        let (before, after) = (mel(&signal), mel(&scaled(&signal, gain)));
        let loudest = before.iter().copied().fold(0.0, f32::max);
        for (&before, &after) in before.iter().zip(&after) {
            let expected = power(before) * f64::from(gain * gain);
            // Relative to the band, or to the loudest band where rounding rules (1e-7 of f32, squared
            // gains up to 16).
            let tolerance = 1e-4 * expected + 2e-6 * power(loudest) + 1e-9;
            prop_assert!((power(after) - expected).abs() < tolerance);
        }
    }

    #[test]
    fn every_statistic_is_finite_and_scales_as_its_kind_does(
        signal in channel(22_050, 1.0), exponent in -6..=0_i32,
    ) {
        // A power of two rounds nothing, so what does not depend on level stays equal to the bit.
        let factor = 2.0_f32.powi(exponent);
        let before = Statistics::measure(&signal).to_array();
        let after = Statistics::measure(&scaled(&signal, factor)).to_array();
        for ((name, before), after) in Statistics::NAMES.iter().zip(before).zip(after) {
            prop_assert!(before.is_finite() && after.is_finite(), "{}", name);
            match *name {
                "rms_mean" => prop_assert!((after / before / factor - 1.0).abs() < 1e-6),
                "rms_var" => prop_assert!((after - before * factor * factor).abs() <= 1e-6 * before),
                // Decibels have a floor, so quiet MFCC are not shifted copies of loud ones.
                _ if name.starts_with("mfcc") => {}
                _ => prop_assert_eq!(before, after, "{}", name),
            }
        }
    }

    #[test]
    fn spectral_energy_is_the_signals_energy(
        signal in channel(22_050, 0.5), length in 7..13_u32, overlap in 2..5_u32,
    ) {
        // Hann windows at a whole part of their length, at least four, add up to a constant when
        // squared (3/8 of the overlap), so Parseval's theorem holds for the whole signal.
        let n_fft = 1 << length;
        let hop = n_fft >> overlap;
        let mut energy = 0.0;
        let mut padded = vec![0.0; n_fft];
        padded.extend_from_slice(&signal);
        padded.resize(padded.len() + n_fft, 0.0);
        Spectrogram::new(n_fft, hop).for_each(&padded, |frame| {
            let total: f64 = frame.power.iter().map(|&p| f64::from(p)).sum();
            let ends = f64::from(frame.power[0] + frame.power[n_fft / 2]);
            energy += (2.0 * total - ends) / n_fft as f64;
        });
        let expected: f64 = signal.iter().map(|&x| f64::from(x * x)).sum();
        let found = energy / (0.375 * n_fft as f64 / hop as f64);
        // f32 transforms of some thousand samples.
        prop_assert!((found / expected - 1.0).abs() < 1e-5, "{found} of {expected}");
    }

    #[test]
    fn resampling_is_linear_and_of_exact_length_at_any_rate(
        signal in channel(22_050, 1.0), from_hz in 8_000..192_000_u32, factor in -1.0..1.0_f32,
    ) {
        let once = resample(&signal, from_hz, 16_000).unwrap();
        let exact = (signal.len() as u64 * 16_000).div_ceil(u64::from(from_hz));
        prop_assert_eq!(once.len() as u64, exact);
        let scaled_after = scaled(&once, factor);
        let scaled_before = resample(&scaled(&signal, factor), from_hz, 16_000).unwrap();
        for (a, b) in scaled_after.iter().zip(&scaled_before) {
            // The rounding of an f32 transform, on samples below 1.
            prop_assert!((a - b).abs() < 2e-6, "{a} and {b}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused_wherever_it_stands(
        mut samples in channel(8_000, 3.0), at in any::<prop::sample::Index>(),
        bad in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
    ) {
        let sample = at.index(samples.len());
        samples[sample] = bad;
        let refused = Clip::new(vec![samples], 8_000).unwrap_err();
        prop_assert_eq!(refused, Error::NonFiniteSample { channel: 0, sample });
    }
}

#[test]
fn silence_is_answered_by_every_stage() {
    for len in [0, 1, 100, 22_050] {
        let silence = vec![0.0; len];
        assert!(mel(&silence).iter().all(|&x| x == 0.0));
        assert!(
            Statistics::measure(&silence)
                .to_array()
                .iter()
                .all(|x| x.is_finite())
        );
        let resampled = resample(&silence, 44_100, 16_000).unwrap();
        assert!(resampled.iter().all(|&x| x == 0.0));
    }
    let refused = Clip::new(vec![vec![0.0; 44_100 * 4]; 2], 44_100).unwrap_err();
    assert_eq!(refused.code(), "silent");
}

#[test]
fn a_song_with_a_silent_channel_or_half_is_answered() {
    let mut half = vec![0.0; 44_100 * 4];
    Part::Sine {
        hz: 440.0,
        amplitude: 0.5,
    }
    .add(44_100, &mut half[44_100 * 2..]);
    let silent = vec![0.0; half.len()];
    let loudness = stereo(&half, &silent);
    // In one channel 0 dBFS at 997 Hz is -3.01 LUFS, so this is -9.03 there and half a decibel less
    // at 440 Hz; the gates keep the silent half out.
    assert!((loudness.integrated_lufs + 9.5).abs() < 1.0, "{loudness:?}");
    assert!(loudness.range_lu.is_finite());
}
