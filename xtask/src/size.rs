//! What the published site weighs, against its budget.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::files;

/// The larger of the two cores, of which a browser fetches one, compressed by brotli.
const WASM_BUDGET: usize = 600_000;
/// All that a first visit transfers before a song is chosen, compressed by brotli.
const FIRST_VISIT_BUDGET: usize = 1_800_000;
/// Scripts and styles of the page, compressed by brotli.
const PAGE_BUDGET: usize = 60_000;

struct Weight {
    file: PathBuf,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Prints every file of `site`; fails if a budget is exceeded.
pub fn check(site: &Path) -> anyhow::Result<()> {
    let mut weights = weigh(site)?;
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.brotli));
    println!("{:>10} {:>10} {:>10}  file", "raw", "gzip", "brotli");
    for weight in &weights {
        print_line(
            weight.raw,
            weight.gzip,
            weight.brotli,
            &weight.file.display().to_string(),
        );
    }
    let sum = |title: &str, budget: usize, counted: &dyn Fn(&Path) -> bool| {
        let counted = || weights.iter().filter(|weight| counted(&weight.file));
        let brotli = counted().map(|weight| weight.brotli).sum();
        print_line(
            counted().map(|weight| weight.raw).sum(),
            counted().map(|weight| weight.gzip).sum(),
            brotli,
            &format!("{title}, at most {budget} by brotli"),
        );
        brotli <= budget
    };
    println!();
    // Weights are sorted, so that the first core is the larger one.
    let core = weights
        .iter()
        .map(|weight| weight.file.as_path())
        .find(|file| has_extension(file, &["wasm"]));
    let kept = [
        sum("wasm", WASM_BUDGET, &|file| Some(file) == core),
        sum("scripts and styles of the page", PAGE_BUDGET, &|file| {
            has_extension(file, &["js", "css", "html"]) && !file.starts_with("pkg") && is_read(file)
        }),
        // A demo song, notices and licences are not fetched unless they are asked for.
        sum("first visit", FIRST_VISIT_BUDGET, &|file| {
            !file.starts_with("demo")
                && !has_extension(file, &["md", "txt", "ts", "png"])
                && is_read(file)
                && (Some(file) == core || !has_extension(file, &["wasm"]))
        }),
    ];
    if kept.contains(&false) {
        bail!("the site is over budget");
    }
    Ok(())
}

fn print_line(raw: usize, gzip: usize, brotli: usize, what: &str) {
    println!("{raw:>10} {gzip:>10} {brotli:>10}  {what}");
}

/// Whether a reader of the page fetches `file`: what frames and other pages start from is not hers,
/// and beside English she reads one language at most, here the one whose letters take the most bytes.
fn is_read(file: &Path) -> bool {
    let name = file.to_string_lossy();
    let others = [
        "es-",
        "fr-",
        "de-",
        "embed.",
        "embedding.",
        "foretune-iframe.js",
    ];
    !others.iter().any(|start| name.starts_with(start))
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension()
        .is_some_and(|found| extensions.iter().any(|extension| found == *extension))
}

fn weigh(site: &Path) -> anyhow::Result<Vec<Weight>> {
    let mut weights = Vec::new();
    for file in files::below(site)? {
        let content = fs::read(site.join(&file))?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&content)?;
        let mut brotli = Vec::new();
        brotli::BrotliCompress(
            &mut content.as_slice(),
            &mut brotli,
            &BrotliEncoderParams::default(),
        )?;
        weights.push(Weight {
            file,
            raw: content.len(),
            gzip: gzip.finish()?.len(),
            brotli: brotli.len(),
        });
    }
    Ok(weights)
}
