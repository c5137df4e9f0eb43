//! A teacher that is told more than the model may be: all that is known of a song, and the table
//! it comes from.
//!
//! To the little that is told of a song, most of its popularity is chance, which a hundred thousand
//! songs average away only in part. A teacher that knows more leaves less to chance, and given the
//! little its mean is that of the truth, so the model's mean learns from both ("Unifying distillation
//! and privileged information", Lopez-Paz et al. 2016). The table is such knowledge: nobody can tell
//! it of a new song, so what the model learns of it is averaged over the tables a song could be in.

use std::collections::BTreeSet;

use anyhow::ensure;
use foretune::popularity::columns::Block;
use serde::{Deserialize, Serialize};

use super::fit::{Example, FitConfig, Plan, answer, fit};
use super::knowledge::{Estimator, KnowledgeConfig, Situation};
use super::network::NetworkConfig;
use super::split::share;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeacherConfig {
    /// Every song is answered by a teacher that did not learn from its artist: one teacher for each
    /// of so many groups of artists, at least 2.
    pub folds: usize,
    /// How much its answer counts against the truth, 0 to 1.
    pub weight: f64,
    pub network: NetworkConfig,
    pub fit: FitConfig,
}

/// Draws what is expected of every example towards what its teacher answers.
pub fn teach(
    config: &TeacherConfig,
    examples: &mut [Example<'_>],
    genre_terms: usize,
    estimator: &Estimator,
    seed: u64,
) -> anyhow::Result<()> {
    ensure!(config.folds >= 2, "a teacher needs two folds or more");
    let told = with_tables(examples, genre_terms);
    let folds: Vec<usize> = examples
        .iter()
        .enumerate()
        .map(|(position, example)| match &example.labelled.artist {
            Some(artist) => {
                let drawn = share(&format!("teacher:{seed}:{artist}"));
                (drawn * config.folds as f64) as usize
            }
            None => position % config.folds,
        })
        .collect();
    let everything = KnowledgeConfig {
        situations: vec![Situation {
            share: 1.0,
            told: Block::ALL.to_vec(),
        }],
        omission: 0.0,
        estimated: 0.0,
        unheard: 0.0,
        incomplete: 0.0,
    };
    for fold in 0..config.folds {
        let of_fold = |within: bool| {
            let folds = folds.iter().enumerate();
            folds.filter_map(move |(song, of)| ((*of == fold) == within).then_some(song))
        };
        let plan = Plan {
            fit: &config.fit,
            network: &config.network,
            knowledge: &everything,
            estimator,
            terms: told.terms,
            seed: seed.wrapping_add(1 + fold as u64),
        };
        let others: Vec<Example<'_>> = of_fold(false)
            .map(|song| told.examples[song].clone())
            .collect();
        eprintln!("teacher {} of {}:", fold + 1, config.folds);
        let network = fit(&plan, &others)?;
        let sights = of_fold(true).map(|song| {
            let example = &told.examples[song];
            let shown = example.labelled.song.clone();
            let terms = example.terms(&shown);
            (shown, terms)
        });
        let answers = answer(&network, sights, plan.terms);
        let mut error = 0.0;
        for (song, answer) in of_fold(true).zip(&answers) {
            let expected = &mut examples[song].expected;
            error += f64::from(*expected - answer[0]).powi(2);
            *expected += config.weight as f32 * (answer[0] - *expected);
        }
        let error = (error / answers.len() as f64).sqrt();
        eprintln!("off by {error:.2} points (root mean square) on artists it did not learn from");
    }
    Ok(())
}

/// Examples with their tables, as further terms after the genres'.
struct Told<'a> {
    examples: Vec<Example<'a>>,
    terms: usize,
}

fn with_tables<'a>(examples: &[Example<'a>], genre_terms: usize) -> Told<'a> {
    let source = |example: &Example<'a>| example.labelled.source.as_deref();
    let tables: BTreeSet<&str> = examples.iter().filter_map(source).collect();
    let tables: Vec<&str> = tables.into_iter().collect();
    let position = |example: &Example<'a>| {
        let table = tables.binary_search(&source(example)?).ok()?;
        Some(genre_terms + table)
    };
    Told {
        examples: examples
            .iter()
            .map(|example| Example {
                table: position(example),
                ..example.clone()
            })
            .collect(),
        terms: genre_terms + tables.len(),
    }
}
