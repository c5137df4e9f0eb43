//! Weights that make right options likelier than others: see [`foretune::features::choice`].

use foretune::features::choice::{HIDDEN, Scorer};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// One song's options, by evidence; several may be right, or none, and then it teaches nothing.
pub struct Choice<const EVIDENCE: usize> {
    pub options: Vec<[f32; EVIDENCE]>,
    pub right: Vec<bool>,
    /// How much the song counts.
    pub weight: f32,
}

const STEPS: i32 = 500;
const RATE: f32 = 0.02;
/// Songs whose gradients are summed on one thread: sums of sums in a fixed order are the same on
/// any number of threads.
const SONGS_A_TASK: usize = 32;

/// Maximises the likelihood less `penalty` times half the weights' square norm, by Adam (Kingma &
/// Ba, 2015) over all choices at once: the same choices give the same weights.
pub fn fit<const EVIDENCE: usize>(
    choices: &[Choice<EVIDENCE>],
    penalty: f32,
) -> Box<Scorer<EVIDENCE>> {
    let taught: Vec<&Choice<EVIDENCE>> = choices
        .iter()
        .filter(|choice| choice.right.contains(&true))
        .collect();
    let total: f32 = taught.iter().map(|choice| choice.weight).sum();
    let mut weights = first_weights(EVIDENCE);
    let width = weights.len();
    let (mut first, mut second) = (vec![0.0_f32; width], vec![0.0_f32; width]);
    for step in 1..=STEPS {
        let scorer = scorer(&weights);
        let pulls: Vec<Vec<f32>> = taught
            .par_chunks(SONGS_A_TASK)
            .map(|songs| {
                let mut pull = vec![0.0_f32; width];
                for song in songs {
                    add_pull(&scorer, song, song.weight / total, &mut pull);
                }
                pull
            })
            .collect();
        // Cooling by a cosine lets the last steps settle.
        let rate = RATE * 0.5 * (1.0 + (std::f32::consts::PI * step as f32 / STEPS as f32).cos());
        for (index, weight) in weights.iter_mut().enumerate() {
            let pull: f32 = pulls.iter().map(|pull| pull[index]).sum();
            let gradient = pull + penalty * *weight;
            first[index] += 0.1 * (gradient - first[index]);
            second[index] += 0.01 * (gradient.powi(2) - second[index]);
            let mean = first[index] / (1.0 - 0.9_f32.powi(step));
            let spread = second[index] / (1.0 - 0.99_f32.powi(step));
            *weight -= rate * mean / (spread.sqrt() + 1e-8);
        }
    }
    scorer(&weights)
}

/// The linear form, the units' weights, thresholds and outputs, in one row. The form begins at zero;
/// the units must differ from each other to learn apart.
fn first_weights(evidence: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    // As wide as keeps the sum over the evidence near one.
    let reach = (3.0 / evidence as f32).sqrt();
    let mut weights = vec![0.0; evidence];
    weights.extend((0..HIDDEN * evidence).map(|_| rng.random_range(-reach..reach)));
    weights.extend([0.0; HIDDEN]);
    weights.extend((0..HIDDEN).map(|_| rng.random_range(-0.2..0.2_f32)));
    weights
}

fn scorer<const EVIDENCE: usize>(weights: &[f32]) -> Box<Scorer<EVIDENCE>> {
    let (linear, rest) = weights.split_at(EVIDENCE);
    let (hidden, rest) = rest.split_at(HIDDEN * EVIDENCE);
    let (thresholds, outputs) = rest.split_at(HIDDEN);
    Box::new(Scorer {
        linear: std::array::from_fn(|at| linear[at]),
        hidden: std::array::from_fn(|unit| std::array::from_fn(|at| hidden[unit * EVIDENCE + at])),
        thresholds: std::array::from_fn(|unit| thresholds[unit]),
        outputs: std::array::from_fn(|unit| outputs[unit]),
    })
}

/// Adds the gradient of minus the song's log-likelihood, times `weight`.
fn add_pull<const EVIDENCE: usize>(
    scorer: &Scorer<EVIDENCE>,
    song: &Choice<EVIDENCE>,
    weight: f32,
    pull: &mut [f32],
) {
    let scores: Vec<f32> = song.options.iter().map(|o| scorer.score(o)).collect();
    let all = likelihoods(&scores, |_| true);
    let right = likelihoods(&scores, |option| song.right[option]);
    let (linear, rest) = pull.split_at_mut(EVIDENCE);
    let (hidden, rest) = rest.split_at_mut(HIDDEN * EVIDENCE);
    let (thresholds, outputs) = rest.split_at_mut(HIDDEN);
    for ((option, all), right) in song.options.iter().zip(all).zip(right) {
        let slope = weight * (all - right);
        add_scaled(linear, option, slope);
        for (unit, output) in scorer.units(option).into_iter().enumerate() {
            outputs[unit] += slope * output;
            let slope = slope * scorer.outputs[unit] * (1.0 - output * output);
            thresholds[unit] += slope;
            add_scaled(&mut hidden[unit * EVIDENCE..][..EVIDENCE], option, slope);
        }
    }
}

fn add_scaled(sums: &mut [f32], values: &[f32], scale: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += scale * value;
    }
}

/// Probabilities among the options that count, 0 for the others.
fn likelihoods(scores: &[f32], counts: impl Fn(usize) -> bool) -> Vec<f32> {
    let scores: Vec<f32> = (0..scores.len())
        .map(|option| match counts(option) {
            true => scores[option],
            false => f32::NEG_INFINITY,
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

    fn best<const EVIDENCE: usize>(
        scorer: &Scorer<EVIDENCE>,
        choice: &Choice<EVIDENCE>,
    ) -> Option<usize> {
        let score = |option: &usize| scorer.score(&choice.options[*option]);
        (0..choice.options.len()).max_by(|a, b| score(a).total_cmp(&score(b)))
    }

    #[test]
    fn what_marks_the_right_option_gains_weight_and_what_does_not_loses_it() {
        // The second number tells right from wrong; the first says nothing.
        let choices: Vec<Choice<2>> = (0..20)
            .map(|song| Choice {
                options: vec![[(song % 3) as f32, 0.0], [(song % 2) as f32, 1.0]],
                right: vec![false, true],
                weight: 1.0,
            })
            .collect();
        let scorer = fit(&choices, 0.001);
        for choice in &choices {
            assert_eq!(best(&scorer, choice), Some(1));
        }
        let gain = |from: [f32; 2], to: [f32; 2]| scorer.score(&to) - scorer.score(&from);
        let (told, idle) = (gain([1.0, 0.0], [1.0, 1.0]), gain([0.0, 1.0], [1.0, 1.0]));
        assert!(told > 2.0 && idle.abs() < 0.5 * told, "{told} {idle}");
    }

    #[test]
    fn evidence_that_speaks_only_beside_other_is_understood() {
        // Right is where exactly one of two signs is given, which no linear form can tell.
        let options = [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]];
        let choices: Vec<Choice<2>> = [2, 3]
            .map(|right| Choice {
                options: [options[0], options[1], options[right]].to_vec(),
                right: vec![false, false, true],
                weight: 1.0,
            })
            .into();
        let scorer = fit(&choices, 0.0001);
        for choice in &choices {
            assert_eq!(best(&scorer, choice), Some(2));
        }
    }
}
