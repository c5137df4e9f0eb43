//! The spectrogram that the backbone sees, against librosa's; and what it makes of it, against
//! onnxruntime on librosa's. Made by `tests/golden/generate.py`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod golden;

use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::model::{FileEntry, OnnxModel};
use ndarray::Array2;

struct Case {
    name: &'static str,
    signal: &'static [u8],
    mel: &'static [u8],
    logits: &'static [u8],
}

macro_rules! case {
    ($name:literal) => {
        Case {
            name: $name,
            signal: include_bytes!(concat!("golden/", $name, "_16000.i16")),
            mel: include_bytes!(concat!("golden/", $name, ".mel.f32")),
            logits: include_bytes!(concat!("golden/", $name, ".logits.f32")),
        }
    };
}

const CASES: [Case; 4] = [
    case!("sweep"),
    case!("noise"),
    case!("music"),
    case!("near_silence"),
];

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

fn log_mel(case: &Case) -> Array2<f32> {
    MelSpectrogram::new(MelConfig::BACKBONE).log_mel(&golden::samples(case.signal))
}

fn largest_difference(actual: impl IntoIterator<Item = f32>, expected: &[f32]) -> f32 {
    let mut count = 0;
    let largest = actual
        .into_iter()
        .zip(expected)
        .fold(0.0_f32, |largest, (a, e)| {
            count += 1;
            // NaN must not hide: `max` would drop it.
            if (a - e).is_finite() {
                largest.max((a - e).abs())
            } else {
                f32::INFINITY
            }
        });
    assert_eq!(count, expected.len());
    largest
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn mel_agrees_with_librosa() {
    for case in &CASES {
        let mel = log_mel(case);
        let expected = floats(case.mel);
        assert_eq!(mel.dim(), (251, 96), "{}", case.name);
        let difference = largest_difference(mel, &expected);
        println!("{}: {difference:.1e} in log10(1e4 x + 1)", case.name);
        // Both sides compute in f32: bands far below a loud neighbour hold the rounding of the
        // transform, which differs between FFT algorithms. The bar is 1e-4.
        assert!(difference < 1e-4, "{}: {difference}", case.name);
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn backbone_agrees_with_onnxruntime_on_librosas_mel() {
    let content = include_bytes!("../models/backbone.onnx");
    let entry = FileEntry::describe("backbone.onnx", content);
    let model = OnnxModel::load(&entry, content, &[&[1, 187, 96]]).unwrap();
    for case in &CASES {
        let mel = log_mel(case);
        let window = &mel.as_slice().unwrap()[..187 * 96];
        let outputs = model.run(&[window]).unwrap();
        let expected = floats(case.logits);
        let difference = largest_difference(outputs[0].iter().copied(), &expected);
        println!("{}: {difference:.1e} in the logits", case.name);
        // Logits span about ±8; a hundredth moves no tag's probability by more than 0.0025.
        assert!(difference < 1e-2, "{}: {difference}", case.name);
    }
}
