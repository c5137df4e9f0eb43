//! Window functions.

use std::f64::consts::TAU;

/// The periodic Hann window, as `scipy.signal.get_window("hann", n)`.
pub fn hann(n: usize) -> Vec<f32> {
    (0..n)
        .map(|i| (0.5 - 0.5 * (TAU * i as f64 / n as f64).cos()) as f32)
        .collect()
}

/// The Kaiser window at `position`, which is -1 and 1 at its ends (Oppenheim and Schafer,
/// Discrete-Time Signal Processing, 7.6). Constant beyond them.
pub fn kaiser(position: f64, beta: f64) -> f64 {
    bessel_i0(beta * (1.0 - position * position).max(0.0).sqrt()) / bessel_i0(beta)
}

/// The modified Bessel function of order zero, by its power series (Abramowitz and Stegun 9.6.12).
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-17 * sum {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_their_tabulated_values() {
        assert_eq!(hann(4), [0.0, 0.5, 1.0, 0.5]);
        // I0(1), I0(5) from Abramowitz and Stegun, table 9.8, which has ten digits.
        assert!((bessel_i0(1.0) - 1.266_065_878).abs() < 1e-9);
        assert!((bessel_i0(5.0) - 27.239_871_82).abs() < 1e-8);
        assert_eq!(kaiser(0.0, 8.6), 1.0);
        assert!((kaiser(1.0, 5.0) - 1.0 / 27.239_871_82).abs() < 1e-9);
    }
}
