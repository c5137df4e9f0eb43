//! The conditional logit (McFadden, 1974): weights that make right options likelier than others.

/// One song's options, by evidence; several may be right, or none, and then it teaches nothing.
pub struct Choice {
    pub options: Vec<Vec<f32>>,
    pub right: Vec<bool>,
    /// How much the song counts.
    pub weight: f32,
}

const STEPS: i32 = 600;
const RATE: f32 = 0.1;

/// Maximises the likelihood less `penalty` times half the weights' square norm, by Adam (Kingma &
/// Ba, 2015) over all choices at once: the same choices give the same weights.
pub fn fit(choices: &[Choice], penalty: f32) -> Vec<f32> {
    let taught: Vec<&Choice> = choices
        .iter()
        .filter(|choice| choice.right.contains(&true))
        .collect();
    let width = taught.first().map_or(0, |choice| choice.options[0].len());
    let total: f32 = taught.iter().map(|choice| choice.weight).sum();
    let mut weights = vec![0.0_f32; width];
    let (mut first, mut second) = (vec![0.0_f32; width], vec![0.0_f32; width]);
    for step in 1..=STEPS {
        let mut gradient: Vec<f32> = weights.iter().map(|weight| penalty * weight).collect();
        for choice in &taught {
            let all = likelihoods(choice, &weights, |_| true);
            let right = likelihoods(choice, &weights, |option| choice.right[option]);
            for ((option, all), right) in choice.options.iter().zip(all).zip(right) {
                let pull = choice.weight / total * (all - right);
                for (slot, evidence) in gradient.iter_mut().zip(option) {
                    *slot += pull * evidence;
                }
            }
        }
        // Cooling by a cosine lets the last steps settle.
        let rate = RATE * 0.5 * (1.0 + (std::f32::consts::PI * step as f32 / STEPS as f32).cos());
        for index in 0..width {
            first[index] += 0.1 * (gradient[index] - first[index]);
            second[index] += 0.01 * (gradient[index].powi(2) - second[index]);
            let mean = first[index] / (1.0 - 0.9_f32.powi(step));
            let spread = second[index] / (1.0 - 0.99_f32.powi(step));
            weights[index] -= rate * mean / (spread.sqrt() + 1e-8);
        }
    }
    weights
}

/// Probabilities among the options that count, 0 for the others.
fn likelihoods(choice: &Choice, weights: &[f32], counts: impl Fn(usize) -> bool) -> Vec<f32> {
    let scores: Vec<f32> = choice
        .options
        .iter()
        .enumerate()
        .map(|(index, option)| {
            if counts(index) {
                option.iter().zip(weights).map(|(e, w)| e * w).sum()
            } else {
                f32::NEG_INFINITY
            }
        })
        .collect();
    let greatest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let odds: Vec<f32> = scores
        .iter()
        .map(|score| (score - greatest).exp())
        .collect();
    let sum: f32 = odds.iter().sum();
    odds.into_iter().map(|odd| odd / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_marks_the_right_option_gains_weight_and_what_does_not_loses_it() {
        // The second number tells right from wrong; the first says nothing.
        let choices: Vec<Choice> = (0..20)
            .map(|song| Choice {
                options: vec![vec![(song % 3) as f32, 0.0], vec![(song % 2) as f32, 1.0]],
                right: vec![false, true],
                weight: 1.0,
            })
            .collect();
        let weights = fit(&choices, 0.01);
        assert!(weights[1] > 2.0, "{weights:?}");
        assert!(weights[0].abs() < 0.5 * weights[1], "{weights:?}");
    }
}
