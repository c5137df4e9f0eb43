//! The power spectra of frames, four at a time, by rustfft: of a length that is a power of two and at least
//! 16, weighted by a window of that length, in half as many bins and one or in the lowest of them.

#[cfg(target_arch = "wasm32")]
mod abreast;
#[cfg(not(target_arch = "wasm32"))]
mod one_by_one;
pub mod transform;

#[cfg(target_arch = "wasm32")]
pub use abreast::PowerSpectra;
#[cfg(not(target_arch = "wasm32"))]
pub use one_by_one::PowerSpectra;

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::lanes::LANES;

    // Each target has a transform of its own.
    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn powers_are_those_of_the_sum_that_defines_them() {
        // Lengths whose halves are powers of four and twice those.
        for length in [16, 32, 64, 512, 1024, 2048] {
            let mut state = 7_u32;
            let frames: [Vec<f32>; LANES] = std::array::from_fn(|_| {
                (0..length)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        state as f32 / u32::MAX as f32 - 0.5
                    })
                    .collect()
            });
            let window: Vec<f32> = (0..length)
                .map(|n| 1.0 + n as f32 / length as f32)
                .collect();
            let all = length / 2 + 1;
            let frames_of = frames.each_ref().map(Vec::as_slice);
            let mut spectra = PowerSpectra::new(length, all);
            spectra.measure(frames_of, &window);
            for bins in [1, all / 4, all / 2, all / 2 + 1, all - 1, all] {
                let mut low = PowerSpectra::new(length, bins);
                low.measure(frames_of, &window);
                let lanes: Vec<_> = low.lanes().iter().map(|bin| bin.to_array()).collect();
                assert_eq!(lanes.len(), bins);
                for (lane, (all, low)) in spectra.rows().iter().zip(low.rows()).enumerate() {
                    assert_eq!(low, &all[..bins]);
                    assert!(low.iter().eq(lanes.iter().map(|bin| &bin[lane])));
                }
            }
            for (frame, powers) in frames.iter().zip(spectra.rows()) {
                for (bin, &power) in powers.iter().enumerate() {
                    let (mut real, mut imaginary) = (0.0, 0.0);
                    for (n, (value, weight)) in frame.iter().zip(&window).enumerate() {
                        let (sine, cosine) =
                            (TAU * (bin * n % length) as f64 / length as f64).sin_cos();
                        let value = f64::from(value * weight);
                        real += value * cosine;
                        imaginary += value * sine;
                    }
                    let exact = real * real + imaginary * imaginary;
                    // The mean power of a bin is a third of the length; each is a sum of ten roundings.
                    let error = (f64::from(power) - exact).abs();
                    assert!(
                        error < 1e-6 * length as f64,
                        "{length}, bin {bin}: {power} for {exact}"
                    );
                }
            }
        }
    }
}
