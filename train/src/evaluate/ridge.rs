//! Ridge regression: the linear baseline.

/// Weights of a ridge on standardised columns, with an unpenalised intercept.
pub struct Ridge {
    mean: Vec<f64>,
    scale: Vec<f64>,
    weights: Vec<f64>,
    intercept: f64,
}

/// Small against the tens of thousands of rows: it only steadies columns that are nearly alike.
const PENALTY: f64 = 10.0;

impl Ridge {
    /// `rows` of equal width, with one target each.
    pub fn fit(rows: &[Vec<f64>], targets: &[f64]) -> Self {
        let count = rows.len().max(1) as f64;
        let width = rows.first().map_or(0, Vec::len);
        let mean: Vec<f64> = (0..width)
            .map(|column| rows.iter().map(|row| row[column]).sum::<f64>() / count)
            .collect();
        let scale: Vec<f64> = (0..width)
            .map(|column| {
                let variance = rows
                    .iter()
                    .map(|row| (row[column] - mean[column]).powi(2))
                    .sum::<f64>()
                    / count;
                if variance > 0.0 { variance.sqrt() } else { 1.0 }
            })
            .collect();
        let intercept = targets.iter().sum::<f64>() / count;
        let mut normal = vec![vec![0.0; width + 1]; width];
        for (row, target) in rows.iter().zip(targets) {
            let standard: Vec<f64> = (0..width)
                .map(|column| (row[column] - mean[column]) / scale[column])
                .collect();
            for (equation, factor) in normal.iter_mut().zip(&standard) {
                for (sum, other) in equation.iter_mut().zip(&standard) {
                    *sum += factor * other;
                }
                equation[width] += factor * (target - intercept);
            }
        }
        for (diagonal, equation) in normal.iter_mut().enumerate() {
            equation[diagonal] += PENALTY;
        }
        Self {
            weights: solve(normal),
            mean,
            scale,
            intercept,
        }
    }

    pub fn predict(&self, row: &[f64]) -> f64 {
        let weighted: f64 = (0..self.weights.len())
            .map(|column| {
                self.weights[column] * (row[column] - self.mean[column]) / self.scale[column]
            })
            .sum();
        self.intercept + weighted
    }
}

/// Solves a positive definite system, its right-hand side as last column, by elimination.
fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let size = system.len();
    for pivot in 0..size {
        let pivot_row = system[pivot].clone();
        for row in system.iter_mut().skip(pivot + 1) {
            let factor = row[pivot] / pivot_row[pivot];
            for (value, above) in row.iter_mut().zip(&pivot_row).skip(pivot) {
                *value -= factor * above;
            }
        }
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size)
            .map(|column| system[row][column] * solution[column])
            .sum();
        solution[row] = (system[row][size] - known) / system[row][row];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_line() {
        let rows: Vec<Vec<f64>> = (0..2000)
            .map(|row| vec![f64::from(row % 17), f64::from(row % 29)])
            .collect();
        let targets: Vec<f64> = rows.iter().map(|row| 3.0 + 2.0 * row[0] - row[1]).collect();
        let ridge = Ridge::fit(&rows, &targets);
        // The penalty of 10 against 2000 rows shrinks weights by half a per cent.
        assert!((ridge.predict(&[1.0, 2.0]) - 3.0).abs() < 0.15);
    }
}
