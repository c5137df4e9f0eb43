//! What the service worker keeps of a site, with the hashes that it checks: `precache.js`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::files;

/// Documents, pictures of them and types are read on the web, not by the page.
const LEFT_OUT: [&str; 3] = ["md", "txt", "ts"];

/// Writes `precache.js` into `site`: the page's files by path, core and models by the addresses under
/// which the page keeps them, each with its integrity, and a version that all of them make.
pub fn write(site: &Path) -> anyhow::Result<()> {
    let mut kept = kept(site)?;
    let mut assets = BTreeMap::new();
    for folder in ["pkg/build.json", "models/manifest.json"] {
        let description: serde_json::Value = serde_json::from_slice(&fs::read(site.join(folder))?)
            .with_context(|| folder.to_owned())?;
        let folder = folder.split('/').next().unwrap_or_default();
        for (file, sha256) in named_files(&description) {
            // Asked for by its name, like the page's files.
            if file == "manifest.json" {
                continue;
            }
            let path = format!("{folder}/{file}");
            let integrity = kept
                .remove(&path)
                .with_context(|| format!("{path} is described but not there"))?;
            // The address that www/assets.js asks for.
            let hash = sha256.get(..16).unwrap_or(sha256);
            assets.insert(format!("{path}?sha256={hash}"), integrity);
        }
    }
    let lists = serde_json::json!({ "files": kept, "assets": assets });
    let mut version = files::sha256(lists.to_string());
    version.truncate(16);
    let list = serde_json::json!({ "version": version, "files": kept, "assets": assets });
    Ok(fs::write(
        site.join("precache.js"),
        format!("self.FORETUNE_PRECACHE = {list};\n"),
    )?)
}

/// The files of `site` that are kept, each under the address it is asked for, with its integrity.
fn kept(site: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut kept = BTreeMap::new();
    for path in files::below(site)? {
        let address = path
            .iter()
            .map(|name| name.to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        let extension = address.rsplit('.').next().unwrap_or_default();
        // The worker cannot keep itself, nor what it reads before it keeps anything.
        let left_out = ["screenshot.png", "service-worker.js", "precache.js"];
        if LEFT_OUT.contains(&extension) || left_out.contains(&address.as_str()) {
            continue;
        }
        let digest = Sha256::digest(fs::read(site.join(&path))?);
        // Hosts redirect index.html to its folder, and what was redirected cannot be opened.
        let address = match address.as_str() {
            "index.html" => "./".to_owned(),
            _ => address,
        };
        kept.insert(address, format!("sha256-{}", STANDARD.encode(digest)));
    }
    Ok(kept)
}

/// Every `file` and its `sha256` that `description` names, however deep.
fn named_files(description: &serde_json::Value) -> Vec<(&str, &str)> {
    match description {
        serde_json::Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(serde_json::Value::as_str);
            let own = text("file").zip(text("sha256"));
            own.into_iter()
                .chain(members.values().flat_map(named_files))
                .collect()
        }
        serde_json::Value::Array(values) => values.iter().flat_map(named_files).collect(),
        _ => Vec::new(),
    }
}
