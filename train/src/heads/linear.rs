//! Least squares, small enough to solve in closed form.

use anyhow::{Result, ensure};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// `x · weights + intercept`.
#[derive(Debug, Clone)]
pub struct Ridge {
    /// `[inputs, outputs]`.
    pub weights: Array2<f64>,
    pub intercept: Array1<f64>,
}

impl Ridge {
    /// Minimises `|y − f(x)|² + penalty · |weights|²`; the intercept is free.
    pub fn fit(x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>, penalty: f64) -> Result<Self> {
        ensure!(x.nrows() == y.nrows() && x.nrows() > 0, "nothing to fit");
        let x_mean = mean(x);
        let y_mean = mean(y);
        let centred = &x - &x_mean;
        let mut normal = centred.t().dot(&centred);
        normal.diag_mut().mapv_inplace(|value| value + penalty);
        let weights = solve(&normal, centred.t().dot(&(&y - &y_mean)))?;
        let intercept = y_mean - x_mean.dot(&weights);
        Ok(Self { weights, intercept })
    }

    pub fn apply(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        x.dot(&self.weights) + &self.intercept
    }
}

/// Mean of every column; zeros when there are no rows.
pub fn mean(x: ArrayView2<'_, f64>) -> Array1<f64> {
    x.mean_axis(Axis(0))
        .unwrap_or_else(|| Array1::zeros(x.ncols()))
}

/// Population standard deviation of every column.
pub fn deviation(x: ArrayView2<'_, f64>) -> Array1<f64> {
    x.std_axis(Axis(0), 0.0)
}

/// Pearson's r; 0 when either side is constant.
pub fn correlation(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    let centre = |v: ArrayView1<'_, f64>| &v - v.mean().unwrap_or_default();
    let (a, b) = (centre(a), centre(b));
    let scale = (a.dot(&a) * b.dot(&b)).sqrt();
    if scale > 0.0 { a.dot(&b) / scale } else { 0.0 }
}

/// Spearman's rank correlation, ties at their mean rank.
pub fn rank_correlation(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    correlation(ranks(a).view(), ranks(b).view())
}

fn ranks(values: ArrayView1<'_, f64>) -> Array1<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = Array1::zeros(values.len());
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        for &index in &order[start..end] {
            ranks[index] = (start + end - 1) as f64 / 2.0;
        }
        start = end;
    }
    ranks
}

/// Solves `a · x = b` for a symmetric positive definite `a`.
pub fn solve(a: &Array2<f64>, mut b: Array2<f64>) -> Result<Array2<f64>> {
    let size = a.nrows();
    ensure!(b.nrows() == size, "shapes do not match");
    let factor = cholesky(a)?;
    for output in 0..b.ncols() {
        for row in 0..size {
            let known: f64 = (0..row).map(|k| factor[[row, k]] * b[[k, output]]).sum();
            b[[row, output]] = (b[[row, output]] - known) / factor[[row, row]];
        }
        for row in (0..size).rev() {
            let known: f64 = (row + 1..size)
                .map(|k| factor[[k, row]] * b[[k, output]])
                .sum();
            b[[row, output]] = (b[[row, output]] - known) / factor[[row, row]];
        }
    }
    Ok(b)
}

/// The lower triangle with `factor · factorᵀ = a`, for a symmetric positive definite `a`.
pub fn cholesky(a: &Array2<f64>) -> Result<Array2<f64>> {
    let size = a.nrows();
    ensure!(a.ncols() == size, "not square");
    let mut factor = Array2::zeros((size, size));
    for row in 0..size {
        for column in 0..=row {
            let known: f64 = (0..column)
                .map(|k| factor[[row, k]] * factor[[column, k]])
                .sum();
            let rest = a[[row, column]] - known;
            factor[[row, column]] = if row == column {
                // What is left of a value by rounding alone is a zero.
                ensure!(rest > 1e-12 * a[[row, row]], "not positive definite");
                f64::sqrt(rest)
            } else {
                rest / factor[[column, column]]
            };
        }
    }
    Ok(factor)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ndarray::array;

    #[test]
    fn ridge_without_penalty_finds_the_plane() {
        let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [4.0, 1.0]];
        let y = x.dot(&array![[2.0], [-1.0]]) + 5.0;
        let ridge = Ridge::fit(x.view(), y.view(), 0.0).unwrap();
        // Exact arithmetic would give the plane itself; 1e-12 is f64's rounding.
        assert!((ridge.weights[[0, 0]] - 2.0).abs() < 1e-12);
        assert!((ridge.weights[[1, 0]] + 1.0).abs() < 1e-12);
        assert!((ridge.intercept[0] - 5.0).abs() < 1e-12);
    }

    #[test]
    fn ridge_refuses_what_has_no_solution() {
        let x = array![[1.0, 1.0], [2.0, 2.0]];
        assert!(Ridge::fit(x.view(), array![[1.0], [2.0]].view(), 0.0).is_err());
    }

    #[test]
    fn factor_gives_the_matrix_back() {
        let matrix = array![[1.0, 0.5, -0.2], [0.5, 1.0, 0.1], [-0.2, 0.1, 1.0]];
        let factor = cholesky(&matrix).unwrap();
        let difference = factor.dot(&factor.t()) - matrix;
        assert!(difference.iter().all(|value| value.abs() < 1e-12));
        assert!(cholesky(&array![[1.0, 2.0], [2.0, 1.0]]).is_err());
    }

    #[test]
    fn ranks_share_ties() {
        let r = ranks(array![3.0, 1.0, 3.0, 2.0].view());
        assert_eq!(r, array![2.5, 0.0, 2.5, 1.0]);
        let r = rank_correlation(array![1.0, 2.0, 3.0].view(), array![9.0, 8.0, 1.0].view());
        assert!((r + 1.0).abs() < 1e-12);
    }
}
