//! Frame statistics against librosa's. Made by `tests/golden/generate.py`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod golden;

use std::collections::BTreeMap;

use foretune::features::statistics::Statistics;

const SIGNALS: [(&str, &[u8]); 4] = [
    ("sweep", include_bytes!("golden/sweep_22050.i16")),
    ("noise", include_bytes!("golden/noise_22050.i16")),
    ("music", include_bytes!("golden/music_22050.i16")),
    (
        "near_silence",
        include_bytes!("golden/near_silence_22050.i16"),
    ),
];

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn every_statistic_agrees_with_librosa() {
    let golden: BTreeMap<String, BTreeMap<String, f64>> =
        serde_json::from_str(include_str!("golden/statistics.json")).unwrap();
    for (signal, bytes) in SIGNALS {
        let actual = Statistics::measure(&golden::samples(bytes)).to_array();
        let expected = &golden[signal];
        assert_eq!(actual.len(), expected.len());
        let mut worst = ("", 0.0);
        for (name, actual) in Statistics::NAMES.into_iter().zip(actual) {
            let expected = expected[name];
            // Means of MFCC cross zero, so they are judged on their own scale, decibels: a part of
            // ten is far below what a head can see. The others are judged as they are.
            let scale = if name.starts_with("mfcc") {
                expected.abs().max(10.0)
            } else {
                expected.abs()
            };
            let error = (f64::from(actual) - expected).abs() / scale;
            if error > worst.1 {
                worst = (name, error);
            }
            assert!(error.is_finite());
        }
        println!("{signal}: worst is {} by {:.1e}", worst.0, worst.1);
        // f32 on both sides, with different FFT algorithms and orders of summation.
        assert!(worst.1 < 1e-4, "{signal}: {worst:?}");
    }
}
