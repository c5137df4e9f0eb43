//! Measuring the models.

use std::process::ExitCode;

#[derive(clap::Args)]
pub struct EvaluateArgs {}

pub fn run(_args: EvaluateArgs) -> anyhow::Result<ExitCode> {
    todo!()
}
