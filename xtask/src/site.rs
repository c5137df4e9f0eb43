//! The static site: the wasm package, the models and `www`, side by side in one folder; and the same
//! with its scripts bundled, as it is published.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::setup::{self, WASM_TARGET};
use crate::{cargo, files, precache, root, run, target_dir};

/// How the core is built.
#[derive(Clone, Copy)]
pub enum Profile {
    /// Soon, for trying out and for tests.
    Web,
    /// Small and fast, for publishing; takes minutes.
    Dist,
}

impl Profile {
    /// Cargo's name for it.
    fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Dist => "dist",
        }
    }

    /// Folder of the site, below the target folder.
    fn folder(self) -> &'static str {
        match self {
            Self::Web => "www",
            Self::Dist => "dist-readable",
        }
    }

    /// Folder of the site as it is published, below the target folder.
    fn published_folder(self) -> &'static str {
        match self {
            Self::Web => "www-published",
            Self::Dist => "dist-www",
        }
    }

    /// Folder of the npm package, below the target folder.
    pub fn npm_folder(self) -> &'static str {
        match self {
            Self::Web => "npm",
            Self::Dist => "dist-npm",
        }
    }
}

/// The core as every browser with SIMD runs it, and as those run it faster that have relaxed SIMD.
const CORE: &str = "foretune_bg.wasm";
const RELAXED_CORE: &str = "foretune_relaxed_bg.wasm";

/// Builds the wasm package and lays out the site; gives its folder.
pub fn assemble(profile: Profile) -> anyhow::Result<PathBuf> {
    let site = target_dir().join(profile.folder());
    let package = site.join("pkg");
    let wasm = compile(profile, "+simd128")?;
    // A file that left the sources must not stay in the site.
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    copy_folder(&root().join("www"), &site)?;
    // What only the npm package has.
    fs::remove_dir_all(site.join("npm"))?;
    bind(&wasm, &package, profile)?;
    // A second build of everything is for what is published.
    if matches!(profile, Profile::Dist) {
        add_relaxed_core(&package, profile)?;
    }
    copy_models(&root().join("models"), &site.join("models"))?;
    describe(&site)?;
    precache::write(&site)?;
    Ok(site)
}

/// Lays out `site` as it is published, its scripts bundled; gives that folder.
pub fn publish(site: &Path, profile: Profile) -> anyhow::Result<PathBuf> {
    setup::node()?;
    setup::node_packages()?;
    let published = target_dir().join(profile.published_folder());
    run(Command::new("node")
        .arg(root().join("xtask/bundle.mjs"))
        .args([site, &published]))?;
    precache::write(&published)?;
    Ok(published)
}

/// Builds the core for a processor with `features`; gives its file, which the next build replaces.
fn compile(profile: Profile, features: &str) -> anyhow::Result<PathBuf> {
    run(cargo()
        .args(["build", "--package", "foretune", "--lib"])
        .args(["--target", WASM_TARGET, "--profile", profile.name()])
        .args(without_registry())
        // Instead of the flags in .cargo/config.toml.
        .env("RUSTFLAGS", format!("-C target-feature={features}")))?;
    Ok(target_dir()
        .join(WASM_TARGET)
        .join(profile.name())
        .join("foretune.wasm"))
}

/// Has Cargo take xtask/inventory for the crate of that name, which says why.
pub fn without_registry() -> [String; 2] {
    let stand_in = root().join("xtask/inventory");
    [
        "--config".into(),
        format!("paths=['{}']", stand_in.display()),
    ]
}

/// Puts the core for relaxed SIMD beside the other one. One JavaScript side serves both.
fn add_relaxed_core(package: &Path, profile: Profile) -> anyhow::Result<()> {
    let wasm = compile(profile, "+simd128,+relaxed-simd")?;
    let bound = target_dir().join("relaxed-pkg");
    bind(&wasm, &bound, profile)?;
    let script = "foretune.js";
    if fs::read(bound.join(script))? != fs::read(package.join(script))? {
        bail!("the cores with and without relaxed SIMD need different scripts");
    }
    fs::copy(bound.join(CORE), package.join(RELAXED_CORE))?;
    Ok(())
}

/// Generates the JavaScript side of `wasm` into `out`. The generator is a dependency of this
/// package, so Cargo.lock alone decides that it fits the library.
fn bind(wasm: &Path, out: &Path, profile: Profile) -> anyhow::Result<()> {
    let mut args: Vec<OsString> = vec![
        "wasm-bindgen".into(),
        "--target".into(),
        "web".into(),
        // Whoever starts the core has its bytes already; bundlers would go after the address.
        "--omit-default-module-path".into(),
        "--out-name".into(),
        "foretune".into(),
        "--out-dir".into(),
        out.into(),
        wasm.into(),
    ];
    if matches!(profile, Profile::Dist) {
        args.extend(["--remove-name-section", "--remove-producers-section"].map(OsString::from));
    }
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args)
}

/// Says of each core what the manifest says of the models, and of the manifest too: bytes and
/// hashes, by which pages check what they fetched and keep it. Only the core for relaxed SIMD may be
/// missing.
fn describe(site: &Path) -> anyhow::Result<()> {
    let mut build = serde_json::Map::new();
    for (name, folder, file) in [
        ("wasm", "pkg", CORE),
        ("relaxed_simd", "pkg", RELAXED_CORE),
        ("manifest", "models", "manifest.json"),
    ] {
        let path = site.join(folder).join(file);
        if file == RELAXED_CORE && !path.exists() {
            continue;
        }
        let content = fs::read(path)?;
        let sha256 = files::sha256(&content);
        let entry = serde_json::json!({ "file": file, "bytes": content.len(), "sha256": sha256 });
        build.insert(name.to_owned(), entry);
    }
    let build = serde_json::Value::Object(build);
    Ok(fs::write(site.join("pkg/build.json"), build.to_string())?)
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
