//! Predicting songs and tables.

use std::process::ExitCode;

#[derive(clap::Args)]
pub struct PredictArgs {}

pub fn run(_args: PredictArgs) -> anyhow::Result<ExitCode> {
    todo!()
}
