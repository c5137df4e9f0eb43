//! The npm package, made out of an assembled site.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::site::Profile;
use crate::{root, run, setup, target_dir};

/// Makes the package out of the folder `site`; gives the package's folder, from which it can be
/// packed, published or served.
pub fn assemble(site: &Path, profile: Profile) -> anyhow::Result<PathBuf> {
    setup::node()?;
    setup::node_packages()?;
    let package = target_dir().join(profile.npm_folder());
    run(Command::new("node")
        .arg(root().join("xtask/npm.mjs"))
        .args([site, &package])
        .arg(env!("CARGO_PKG_VERSION")))?;
    Ok(package)
}
