//! What the tests do a share of, in full, and what is too long for them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::{cargo, files, root, run, target_dir, test};

#[derive(Args)]
pub struct HardenArgs {
    trial: Trial,
    /// Seconds for every fuzz target
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// One fuzz target instead of all
    #[arg(long)]
    target: Option<String>,
    /// Fuzz with every access to memory watched, for the unsafe code of what we build upon
    #[arg(long)]
    address_sanitizer: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Trial {
    /// Every hostile file through the native program and the page
    Files,
    /// A thousand songs in one visit to the page, with a plot of its memory
    Visit,
    /// The fuzz targets, led by coverage
    Fuzz,
    /// Two builds of what is published, compared file by file
    Reproduce,
}

pub fn run_trial(args: &HardenArgs) -> anyhow::Result<()> {
    match args.trial {
        Trial::Files => test::some(&["hostile".to_owned()], true),
        Trial::Visit => test::some(&["visit".to_owned()], true),
        Trial::Fuzz => fuzz(args.seconds, args.target.as_deref(), args.address_sanitizer),
        Trial::Reproduce => reproduce(),
    }
}

/// How Rust's stable compiler counts edges for libFuzzer.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Ccodegen-units=1";
const CHECKED: &str = "-Cdebug-assertions=on -Coverflow-checks=on";
/// As it is released: an assertion that is gone there must not stand before unsafe code here.
const WATCHED: &str = "-Cdebug-assertions=off -Coverflow-checks=off -Zsanitizer=address";

fn fuzz(seconds: u64, only: Option<&str>, address_sanitizer: bool) -> anyhow::Result<()> {
    // Named, so that macros and build scripts, which run here, are not counted.
    let host = host()?;
    let mut build = cargo();
    let (folder, checks) = if address_sanitizer {
        // The stable toolchain has the sanitizer, but takes its flag only so.
        build.env("RUSTC_BOOTSTRAP", "1");
        ("fuzz-address-sanitizer", WATCHED)
    } else {
        ("fuzz", CHECKED)
    };
    let folder = target_dir().join(folder);
    run(build
        .args([
            "build",
            "--package",
            "foretune-fuzz",
            "--bins",
            "--features",
            "libfuzzer",
        ])
        .args(["--target", &host, "--target-dir"])
        .arg(&folder)
        .env("RUSTFLAGS", format!("{COVERAGE} {checks}")))?;
    let targets = file_stems(&root().join("tests/fuzz/fuzz_targets"))?;
    for target in targets
        .iter()
        .filter(|target| only.is_none_or(|only| only == *target))
    {
        let grown = folder.join("corpus").join(target);
        let finds = folder.join("finds").join(target);
        fs::create_dir_all(&grown)?;
        fs::create_dir_all(&finds)?;
        println!("{target}: {seconds} seconds");
        // The manifest's seed is the one that is shipped.
        let seeds = root().join("tests/fuzz/seeds").join(target);
        let seeds = if seeds.is_dir() {
            seeds
        } else {
            root().join("models")
        };
        let mut command = Command::new(folder.join(&host).join("debug").join(target));
        command
            .args([grown, seeds])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", finds.display()))
            // An input that takes a minute where others take milliseconds hangs.
            .args([
                "-timeout=60",
                "-rss_limit_mb=4096",
                "-max_len=65536",
                "-print_final_stats=1",
            ]);
        run(&mut command)
            .with_context(|| format!("what broke {target} lies in {}", finds.display()))?;
    }
    Ok(())
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("cannot run rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line
        .context("rustc does not say what it builds for")?
        .to_owned())
}

fn file_stems(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut stems = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        stems.extend(
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned()),
        );
    }
    stems.sort();
    Ok(stems)
}

/// Builds what is published twice, from nothing, in folders of different names.
fn reproduce() -> anyhow::Result<()> {
    let program = std::env::current_exe().context("cannot find this program's own path")?;
    let mut built = Vec::new();
    for name in ["reproduced", "reproduced-once-more"] {
        let target = target_dir().join(name);
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        run(Command::new(&program)
            .arg("dist")
            .current_dir(root())
            .env("CARGO_TARGET_DIR", &target))?;
        // The page and the npm package, as they are published.
        let mut built_files = BTreeMap::new();
        for folder in ["dist-www", "dist-npm"] {
            let folder = Path::new(folder);
            for path in files::below(&target.join(folder))? {
                let path = folder.join(path);
                let hash = files::sha256(fs::read(target.join(&path))?);
                built_files.insert(path.display().to_string(), hash);
            }
        }
        built.push(built_files);
    }
    let [first, second] = &built[..] else {
        bail!("there are not two builds");
    };
    let differing: Vec<&String> = first
        .keys()
        .chain(second.keys())
        .filter(|path| first.get(*path) != second.get(*path))
        .collect();
    for (path, hash) in first {
        println!("{hash} {path}");
    }
    if !differing.is_empty() {
        bail!("two builds differ in {differing:?}");
    }
    println!("two builds, {} files, all of them the same", first.len());
    Ok(())
}
