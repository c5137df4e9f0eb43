//! Measuring the models: prints every table and writes it into the model card.
mod groups;
mod popularity;
mod recordings;
mod ridge;

use crate::card;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::heads;

#[derive(clap::Args)]
pub struct EvaluateArgs {
    /// The table the popularity model was trained on; only its held-out artists are measured
    #[arg(long, required_unless_present = "real_check")]
    table: Option<PathBuf>,
    /// Folder of the models and the model card
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// LightGBM's figures on the same split, as train/baselines/lightgbm_peer.py writes them
    #[arg(long, default_value = "train/baselines/lightgbm.csv")]
    lightgbm: PathBuf,
    /// Recordings with Spotify's values that the heads are checked on (Parquet); left out, the
    /// card's section on the heads stays as it is
    #[arg(long, requires = "labelled_statistics")]
    real_check: Option<PathBuf>,
    /// Clips with librosa statistics and Spotify's values (CSV)
    #[arg(long)]
    labelled_statistics: Option<PathBuf>,
    /// Print only; leave the model card as it is
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: EvaluateArgs) -> Result<ExitCode> {
    if let Some(table) = &args.table {
        let section = popularity::section(table, &args.models, &args.lightgbm)?;
        publish(&args, "popularity", &section.text)?;
        if !args.dry_run {
            section
                .chart
                .write(&args.models.join(popularity::CHART_FILE))?;
        }
    }
    if let (Some(check), Some(clips)) = (&args.real_check, &args.labelled_statistics) {
        let section = heads::section(&args.models, check, clips)?;
        publish(&args, "heads", &section)?;
        let section = recordings::section(&args.models, check, clips)?;
        publish(&args, "recordings", &section)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn publish(args: &EvaluateArgs, name: &str, section: &str) -> Result<()> {
    println!("{section}");
    if args.dry_run {
        return Ok(());
    }
    card::set_section(&args.models.join(card::FILE), name, "evaluate", section)
}
