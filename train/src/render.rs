//! Rendering songs of known tempo and key.

use std::process::ExitCode;

#[derive(clap::Args)]
pub struct RenderArgs {}

pub fn run(_args: RenderArgs) -> anyhow::Result<ExitCode> {
    todo!()
}
