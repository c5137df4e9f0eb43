//! Tempo and key against Essentia's and librosa's, on tunes that `tests/golden/generate.py` writes
//! a second time.

#![allow(clippy::unwrap_used)]

mod tune;

use foretune::features::key::{self, Harmony};
use foretune::features::onsets::Onsets;
use foretune::features::tempo;
use foretune::measurements::SIGNAL_RATE_HZ;
use foretune::resample::resample;
use serde::Deserialize;
use tune::Tune;

const RATE_HZ: u32 = 44_100;
const LIBROSA_HOP_SECONDS: f64 = 512.0 / 22_050.0;

#[derive(Deserialize)]
struct Golden {
    tune: Tune,
    /// Essentia's PercivalBpmEstimator.
    percival_bpm: f64,
    /// librosa's beat_track, in steps of its hop.
    beat_track_bpm: f64,
    /// Essentia's KeyExtractor with the profile edma: pitch class and mode.
    key: (u8, u8),
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn tempo_and_key_agree_with_essentia_and_librosa() {
    let golden: Vec<Golden> =
        serde_json::from_str(include_str!("golden/tempo_and_key.json")).unwrap();
    assert_eq!(golden.len(), 6);
    for golden in &golden {
        let mono = resample(&golden.tune.play(RATE_HZ), RATE_HZ, SIGNAL_RATE_HZ).unwrap();
        let tempo = tempo::estimate(&Onsets::measure(&mono));
        let key = key::estimate(Harmony::measure(&mono).as_ref());
        println!("{:?}: {tempo:?} {key:?}", golden.tune);
        // Which octave is the beat is a choice that each makes in its own way. Peaks of a few frames
        // are refined to half a per cent; librosa's lag is a whole number of its hops besides.
        let half_hop = 0.5 * LIBROSA_HOP_SECONDS * golden.beat_track_bpm / 60.0;
        for (other, tolerance) in [
            (golden.percival_bpm, 0.005),
            (golden.beat_track_bpm, 0.005 + half_hop),
        ] {
            let octave = [0.5, 1.0, 2.0]
                .iter()
                .any(|octave| (f64::from(tempo.bpm) / (octave * other) - 1.0).abs() < tolerance);
            assert!(octave, "{:?}: {tempo:?}, another {other}", golden.tune);
        }
        assert_eq!((key.pitch_class, key.mode), golden.key, "{:?}", golden.tune);
        // The tunes are in tune; just harmonics pull a few cents.
        assert!(key.tuning_cents.abs() < 6.0, "{key:?}");
    }
}
