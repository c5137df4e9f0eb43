//! Training the perceptual heads.

use std::process::ExitCode;

#[derive(clap::Args)]
pub struct HeadsArgs {}

pub fn run(_args: HeadsArgs) -> anyhow::Result<ExitCode> {
    todo!()
}
