//! Calibrating a trained model anew, without training it: what its answers are worth changes with
//! the heads' errors, its weights do not.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use foretune::model::{MANIFEST_FILE, OnnxModel};
use foretune::popularity::PopularityEntry;
use foretune::popularity::columns::{Column, GenreVocabulary};

use super::conformal::{self, Sight};
use super::fit::Batch;
use super::knowledge::Estimator;
use super::split::Part;
use super::{CONFIG_FILE, FEATURE_ERRORS_FILE, TrainConfig, artifact, part, read_json, songs};
use crate::table;

#[derive(clap::Args)]
pub struct CalibrateArgs {
    /// The table that the model was trained on
    #[arg(long)]
    table: PathBuf,
    /// Folder of the models, whose manifest is rewritten
    #[arg(long, default_value = "models")]
    models: PathBuf,
}

pub fn run(args: CalibrateArgs) -> Result<ExitCode> {
    let config: TrainConfig = read_json(&args.models.join(CONFIG_FILE))?;
    let estimator = Estimator::new(read_json(&args.models.join(FEATURE_ERRORS_FILE))?)?;
    let mut manifest: serde_json::Value = read_json(&args.models.join(MANIFEST_FILE))?;
    let mut entry: PopularityEntry = serde_json::from_value(manifest["popularity"].take())
        .with_context(|| format!("{MANIFEST_FILE} has no popularity model"))?;
    let path = args.models.join(&entry.file.file);
    let content =
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let terms = entry.genre_terms.len();
    let model = OnnxModel::load_rows(&entry.file, &content, &[Column::COUNT, terms])?;

    let mut songs = songs::labelled(&table::read(&args.table)?, config.seed, &config.split)?;
    songs::index_genres(&mut songs, &GenreVocabulary::new(&entry.genre_terms));
    let answer = |sights: &[Sight<'_>]| {
        let mut answers = Vec::with_capacity(sights.len());
        for sights in sights.chunks(1024) {
            let batch = Batch::of(sights.iter().cloned(), terms);
            let outputs = model.run_rows(batch.rows, &[&batch.song, &batch.genre])?;
            let values = outputs.first().context("the model answers nothing")?;
            answers.extend(
                values
                    .chunks(values.len() / batch.rows)
                    .map(<[f32]>::to_vec),
            );
        }
        Ok(answers)
    };
    entry.calibration = conformal::calibrate(
        answer,
        &part(&songs, Part::Calibrate),
        &config.knowledge,
        &estimator,
        config.seed,
    )?;
    artifact::set_manifest_entry(&args.models, "popularity", &entry)?;
    Ok(ExitCode::SUCCESS)
}
