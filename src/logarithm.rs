//! Logarithms of many numbers: in arithmetic alone, of which compilers make vector instructions.

use std::f32::consts::{LN_2, LOG10_2, SQRT_2};

/// The natural logarithm, within 2e-7 of the result or of 1, whichever is more, for positive normal
/// numbers; other numbers have no meaningful answer.
///
/// As in Cephes (Moshier, `logf`): the mantissa is brought to 0.7 to 1.4 and the rest of the series
/// ln(1 + x) - x + x² / 2 is a polynomial.
#[inline(always)]
pub fn ln(value: f32) -> f32 {
    let (exponent, logarithm) = parts(value);
    logarithm + exponent * LN_2
}

/// The same to base ten.
#[inline(always)]
pub fn log10(value: f32) -> f32 {
    let (exponent, logarithm) = parts(value);
    logarithm * std::f32::consts::LOG10_E + exponent * LOG10_2
}

/// The exponent to base two, and the natural logarithm of what remains.
#[inline(always)]
fn parts(value: f32) -> (f32, f32) {
    const LEAST: u32 = (SQRT_2 / 2.0).to_bits();
    const MANTISSA_BITS: u32 = 23;
    let bits = value.to_bits();
    let exponent = (bits.wrapping_sub(LEAST) as i32) >> MANTISSA_BITS;
    let x = f32::from_bits(bits.wrapping_sub((exponent << MANTISSA_BITS) as u32)) - 1.0;
    let square = x * x;
    let mut series = 7.037_683_6e-2;
    for coefficient in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        series = series * x + coefficient;
    }
    (exponent as f32, x + (series * x * square - 0.5 * square))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_double_precision() {
        // Every exponent, and mantissas on either side of where the polynomial begins anew.
        let mut worst = [0.0_f64; 2];
        for bits in (f32::MIN_POSITIVE.to_bits()..f32::MAX.to_bits()).step_by(4_099) {
            let value = f32::from_bits(bits);
            let exact = f64::from(value).ln();
            for (worst, (actual, exact)) in worst.iter_mut().zip([
                (ln(value), exact),
                (log10(value), exact * std::f64::consts::LOG10_E),
            ]) {
                *worst = worst.max((f64::from(actual) - exact).abs() / exact.abs().max(1.0));
            }
        }
        // Two roundings of a number of that size, of those in the last sum and the product before it.
        assert!(worst[0] < 2e-7 && worst[1] < 2e-7, "{worst:?}");
        assert_eq!((ln(1.0), log10(1.0)), (0.0, 0.0));
    }
}
