//! Every test there is.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::setup::{self, WASM_TARGET};
use crate::{cargo, npm, root, run, site};

pub fn all() -> anyhow::Result<()> {
    // Asked before the native tests build the whole workspace, and with it this program, anew:
    // afterwards the path still leads to one, but the system calls it deleted.
    let xtask = std::env::current_exe().context("cannot find this program's own path")?;
    setup::all()?;
    native()?;
    wasm(&xtask)?;
    browsers(&[], false)
}

/// Some files of the browser tests, by their names without `.test.mjs`; `in_full` where a test does
/// but a share of what it could.
pub fn some(names: &[String], in_full: bool) -> anyhow::Result<()> {
    setup::all()?;
    browsers(names, in_full)
}

fn native() -> anyhow::Result<()> {
    run(cargo()
        .args(["test", "--workspace"])
        .env("FORETUNE_PYTHON", setup::python()?))?;
    run(cargo()
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    // Without building it: that would be tract once more, of what was just tested.
    run(cargo().args([
        "publish",
        "--package",
        "foretune",
        "--dry-run",
        "--no-verify",
        "--allow-dirty",
    ]))
}

/// The core's tests again, as wasm in Node.
fn wasm(xtask: &Path) -> anyhow::Result<()> {
    run(cargo()
        .args(["test", "--package", "foretune", "--lib", "--tests"])
        .args(["--profile", "web", "--target", WASM_TARGET])
        .args(site::without_registry())
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            format!("{} wasm-test-runner", xtask.display()),
        ))
}

/// The page in real browsers, beside the native program on the same songs.
fn browsers(names: &[String], in_full: bool) -> anyhow::Result<()> {
    let site = site::assemble(site::Profile::Web)?;
    let package = npm::assemble(&site, site::Profile::Web)?;
    let published = site::publish(&site, site::Profile::Web)?;
    let train = setup::training_binary()?;
    let mut node = Command::new("node");
    if in_full {
        node.env("FORETUNE_HARDEN", "1");
    }
    run(node
        // Without names, Node finds every *.test.mjs in the folder.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(names.iter().map(|name| format!("{name}.test.mjs")))
        .current_dir(root().join("tests/web"))
        .env("FORETUNE_SITE", site)
        .env("FORETUNE_NPM", package)
        .env("FORETUNE_PUBLISHED", published)
        .env("FORETUNE_TRAIN_BIN", train)
        .env("FORETUNE_GECKODRIVER", setup::geckodriver()?))
}
