//! `cargo xtask`: what a person runs is what CI runs.

mod bench;
mod files;
mod harden;
mod npm;
mod precache;
mod setup;
mod site;
mod size;
mod test;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::Parser;

use site::Profile;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, serves and tests Foretune")]
enum Task {
    /// Build what is needed and serve the page, with a demo song, on this machine
    Serve {
        /// Port on the loopback address
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Run every test: native, in wasm, and in real browsers
    Test {
        /// Only these browser tests, such as `network` for tests/web/network.test.mjs
        names: Vec<String>,
    },
    /// Install what serving and testing need, and nothing else
    Setup,
    /// Assemble the static site and print its folder
    Site,
    /// Assemble the site and the npm package as they are published, small and fast, and print their folders
    Dist,
    /// Print what every file of the published site weighs, and fail over budget
    Size,
    /// Measure how long everything takes, beside other libraries
    Bench(bench::BenchArgs),
    /// Try to break it, for longer than a test may take
    Harden(harden::HardenArgs),
    /// Run a wasm test binary in Node; cargo calls this
    #[command(hide = true)]
    WasmTestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Serve { port } => {
            setup::wasm_target()?;
            setup::node()?;
            let site = site::assemble(Profile::Web)?;
            run(Command::new("node")
                .arg(root().join("xtask/serve.mjs"))
                .arg(site)
                .arg(port.to_string()))
        }
        Task::Test { names } if names.is_empty() => test::all(),
        Task::Test { names } => test::some(&names, false),
        Task::Setup => setup::all(),
        Task::Site => {
            setup::wasm_target()?;
            println!("{}", site::assemble(Profile::Web)?.display());
            Ok(())
        }
        Task::Dist => {
            setup::wasm_target()?;
            let site = site::assemble(Profile::Dist)?;
            let package = npm::assemble(&site, Profile::Dist)?;
            let published = site::publish(&site, Profile::Dist)?;
            println!("{}\n{}", published.display(), package.display());
            Ok(())
        }
        Task::Size => {
            setup::wasm_target()?;
            let site = site::assemble(Profile::Dist)?;
            size::check(&site::publish(&site, Profile::Dist)?)
        }
        Task::Bench(args) => bench::all(&args),
        Task::Harden(args) => harden::run_trial(&args),
        Task::WasmTestRunner { args } => {
            let name = OsString::from("wasm-bindgen-test-runner");
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(
                std::iter::once(name).chain(args),
            )
        }
    }
}

/// The repository, wherever cargo was called in it.
fn root() -> PathBuf {
    // Asked at run time, where cargo tells it: clones that share a target directory share this
    // program too, and what was compiled in may name another clone.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), Path::to_path_buf)
}

/// Where cargo builds to.
fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A cargo of the toolchain that built this, run at the repository's root.
fn cargo() -> Command {
    let mut command =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root());
    command
}

/// Runs `command` to its end; fails with the command's own words if it fails.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
