//! How much each kind of evidence counts.

use anyhow::Result;
use ndarray::{Array1, Array2};

use super::linear::solve;

/// Weights of several pieces of evidence for one score, each of mean 0 and deviation 1: the best
/// linear estimate, given how well each agrees with the truth and with the others, among those that
/// trust no piece negatively. A negative weight would be right if the correlations were exact; they
/// are measured on other music than they are used on.
pub fn weights(reliability: &[f64], correlations: &Array2<f64>) -> Result<Vec<f64>> {
    let count = reliability.len();
    let mut best = (0.0, vec![0.0; count]);
    for subset in 1_u32..1 << count {
        let chosen: Vec<usize> = (0..count)
            .filter(|piece| subset >> piece & 1 == 1)
            .collect();
        let among = Array2::from_shape_fn((chosen.len(), chosen.len()), |(a, b)| {
            correlations[[chosen[a], chosen[b]]]
        });
        let target = Array2::from_shape_fn((chosen.len(), 1), |(a, _)| reliability[chosen[a]]);
        let solution: Array1<f64> = solve(&among, target)?.column(0).to_owned();
        if solution.iter().any(|&weight| weight < 0.0) {
            continue;
        }
        let explained: f64 = chosen
            .iter()
            .zip(&solution)
            .map(|(&piece, weight)| reliability[piece] * weight)
            .sum();
        if explained > best.0 {
            let mut all = vec![0.0; count];
            for (&piece, &weight) in chosen.iter().zip(&solution) {
                all[piece] = weight;
            }
            best = (explained, all);
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::array;

    #[test]
    fn independent_pieces_count_by_their_reliability() {
        let found = weights(&[0.6, 0.3], &Array2::eye(2)).unwrap();
        assert!((found[0] - 0.6).abs() < 1e-12 && (found[1] - 0.3).abs() < 1e-12);
    }

    #[test]
    fn a_piece_that_only_repeats_another_is_left_out() {
        // Best without the constraint: the second at 0.6 · (0.4 − 0.9 · 0.6) / … < 0.
        let found = weights(&[0.6, 0.4], &array![[1.0, 0.9], [0.9, 1.0]]).unwrap();
        assert!((found[0] - 0.6).abs() < 1e-12);
        assert_eq!(found[1], 0.0);
    }
}
