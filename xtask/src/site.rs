//! The static site: the wasm package, the models and `www`, side by side in one folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::setup::WASM_TARGET;
use crate::{cargo, root, run, target_dir};

/// Builds the wasm package and lays out the site; gives its folder.
pub fn assemble() -> anyhow::Result<PathBuf> {
    let site = target_dir().join("www");
    run(cargo().args([
        "build",
        "--package",
        "foretune",
        "--lib",
        "--target",
        WASM_TARGET,
        "--profile",
        "web",
    ]))?;
    // A file that left the sources must not stay in the site.
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    copy_folder(&root().join("www"), &site)?;
    let wasm = target_dir()
        .join(WASM_TARGET)
        .join("web")
        .join("foretune.wasm");
    bind(&wasm, &site.join("pkg"))?;
    copy_models(&root().join("models"), &site.join("models"))?;
    Ok(site)
}

/// Generates the JavaScript side of `wasm` into `out`. The generator is a dependency of this
/// package, so Cargo.lock alone decides that it fits the library.
fn bind(wasm: &Path, out: &Path) -> anyhow::Result<()> {
    let args: [OsString; 8] = [
        "wasm-bindgen".into(),
        "--target".into(),
        "web".into(),
        "--out-name".into(),
        "foretune".into(),
        "--out-dir".into(),
        out.into(),
        wasm.into(),
    ];
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args)
}

/// The manifest, what it names, and the notices that must travel with it.
fn copy_models(models: &Path, out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(out)?;
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(models.join("manifest.json"))?)
            .context("models/manifest.json")?;
    let named = ["backbone", "heads", "popularity", "reference"]
        .iter()
        .filter_map(|entry| manifest[entry]["file"].as_str());
    for file in named.chain(["manifest.json", "NOTICE.md", "MODEL_CARD.md"]) {
        fs::copy(models.join(file), out.join(file)).with_context(|| format!("models/{file}"))?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
