//! What comes from elsewhere: licences, sources, bans and duplicates by `deny.toml`, and the oldest Rust
//! that all of it is built with. cargo-deny takes longer to build than everything it would check.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

const WASM: &str = "wasm32-unknown-unknown";
const NATIVE: &str = "x86_64-unknown-linux-gnu";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn policy() -> toml::Table {
    fs::read_to_string(root().join("deny.toml"))
        .unwrap()
        .parse()
        .unwrap()
}

/// The packages that are built for `target`, and who needs whom.
struct Graph {
    packages: BTreeMap<String, Value>,
    needs: BTreeMap<String, Vec<(String, bool)>>,
}

impl Graph {
    fn of(target: &str) -> Self {
        let mut command = Command::new(env!("CARGO"));
        command
            .args([
                "metadata",
                "--format-version",
                "1",
                "--locked",
                "--filter-platform",
                target,
            ])
            .current_dir(root());
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let id = |value: &Value| value.as_str().unwrap().to_owned();
        let array = |value: &Value| value.as_array().unwrap().clone();
        let packages = array(&metadata["packages"]).into_iter();
        let nodes = array(&metadata["resolve"]["nodes"]).into_iter();
        Self {
            packages: packages
                .map(|package| (id(&package["id"]), package))
                .collect(),
            needs: nodes
                .map(|node| {
                    let needs = array(&node["deps"]).into_iter().map(|dep| {
                        let kinds = array(&dep["dep_kinds"]);
                        (
                            id(&dep["pkg"]),
                            kinds.iter().any(|kind| kind["kind"].is_null()),
                        )
                    });
                    (id(&node["id"]), needs.collect())
                })
                .collect(),
        }
    }

    /// What of the graph gets into `name`, a member of the workspace; macros, which run while it is
    /// built, included.
    fn shipped_in(&self, name: &str) -> Vec<&Value> {
        let ours = |package: &Value| package["name"] == name && package["source"].is_null();
        let (first, _) = self
            .packages
            .iter()
            .find(|(_, package)| ours(package))
            .unwrap();
        let mut found = BTreeSet::from([first]);
        let mut left = vec![first];
        while let Some(id) = left.pop() {
            for (needed, _) in self.needs[id].iter().filter(|(_, normal)| *normal) {
                if found.insert(needed) {
                    left.push(needed);
                }
            }
        }
        found.into_iter().map(|id| &self.packages[id]).collect()
    }
}

fn names(value: &toml::Value) -> Vec<&str> {
    let entries = value.as_array().unwrap().iter();
    entries
        .map(|entry| entry["crate"].as_str().unwrap())
        .collect()
}

/// The packages whose licence is not one of those allowed.
fn refused<'a>(packages: &[&'a Value], policy: &toml::Table, exceptions: bool) -> Vec<&'a str> {
    let licenses = &policy["licenses"];
    let allowed: Vec<Licensee> = licenses["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|license| Licensee::parse(license.as_str().unwrap()).unwrap())
        .collect();
    let entry = |list: &str, name: &str| {
        let entries = licenses[list].as_array().unwrap().iter();
        let mut found = entries.filter(|entry| entry["crate"].as_str() == Some(name));
        found.next().cloned()
    };
    let fits = |package: &Value| {
        let name = package["name"].as_str().unwrap();
        let clarified =
            entry("clarify", name).map(|found| found["expression"].as_str().unwrap().to_owned());
        let Some(license) = clarified.or_else(|| package["license"].as_str().map(str::to_owned))
        else {
            return false;
        };
        let also = entry("exceptions", name)
            .filter(|_| exceptions)
            .map(|found| found["allow"].clone());
        let also: Vec<Licensee> = also
            .iter()
            .flat_map(|list| list.as_array().unwrap())
            .map(|license| Licensee::parse(license.as_str().unwrap()).unwrap())
            .collect();
        Expression::parse_mode(&license, ParseMode::LAX)
            .unwrap()
            .evaluate(|asked| {
                allowed
                    .iter()
                    .chain(&also)
                    .any(|licensee| licensee.satisfies(asked))
            })
    };
    packages
        .iter()
        .filter(|package| !fits(package))
        .map(|package| package["name"].as_str().unwrap())
        .collect()
}

#[test]
fn every_licence_is_permissive_and_in_the_page_without_exception() {
    let policy = policy();
    let page = Graph::of(WASM);
    let core = page.shipped_in("foretune");
    assert!(core.len() > 50, "{} packages", core.len());
    assert_eq!(refused(&core, &policy, false), [""; 0]);
    let native = Graph::of(NATIVE);
    let all: Vec<&Value> = native
        .packages
        .values()
        .filter(|package| !package["source"].is_null())
        .collect();
    assert_eq!(refused(&all, &policy, true), [""; 0]);
    // The test can fail, and no exception outlives what it is for.
    let strict: BTreeSet<&str> = refused(&all, &policy, false).into_iter().collect();
    let excepted = names(&policy["licenses"]["exceptions"]);
    assert_eq!(strict.into_iter().collect::<Vec<_>>(), excepted);
}

#[test]
fn everything_comes_from_the_registry() {
    let policy = policy();
    let allowed = policy["sources"]["allow-registry"][0].as_str().unwrap();
    let graph = Graph::of(NATIVE);
    let elsewhere = |package: &&Value| match package["source"].as_str() {
        Some(source) => source != format!("registry+{allowed}"),
        // A path is one of ours.
        None => !package["manifest_path"]
            .as_str()
            .is_some_and(|path| Path::new(path).starts_with(root().canonicalize().unwrap())),
    };
    let found: Vec<_> = graph
        .packages
        .values()
        .filter(elsewhere)
        .map(|package| &package["id"])
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Cargo takes xtask/inventory only for the version that it says to be, and says nothing where there is
/// another: the core would double.
#[test]
fn what_stands_in_for_the_registry_is_of_the_version_that_is_locked() {
    let version = |path: &str, find: fn(&toml::Table) -> Option<&toml::Value>| -> String {
        let content = fs::read_to_string(root().join(path)).unwrap();
        let table: toml::Table = content.parse().unwrap();
        find(&table).unwrap()["version"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let stand_in = version("xtask/inventory/Cargo.toml", |table| table.get("package"));
    let locked = version("Cargo.lock", |lock| {
        let mut packages = lock["package"].as_array()?.iter();
        packages.find(|package| package["name"].as_str() == Some("inventory"))
    });
    assert_eq!(stand_in, locked);
}

#[test]
fn nothing_banned_is_shipped_and_nothing_twice_unless_it_is_said() {
    let policy = policy();
    let graph = Graph::of(WASM);
    let core: Vec<&str> = graph
        .shipped_in("foretune")
        .iter()
        .map(|package| package["name"].as_str().unwrap())
        .collect();
    for banned in names(&policy["bans"]["deny"]) {
        assert!(!core.contains(&banned), "{banned} is in the page's core");
    }
    let twice: BTreeSet<&str> = core
        .iter()
        .copied()
        .filter(|name| core.iter().filter(|other| other == &name).count() > 1)
        .collect();
    assert_eq!(
        twice.into_iter().collect::<Vec<_>>(),
        names(&policy["bans"]["skip"])
    );
}

#[test]
fn the_oldest_rust_is_the_one_the_readme_names_and_new_enough_for_all() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let stated = manifest["workspace"]["package"]["rust-version"]
        .as_str()
        .unwrap()
        .to_owned();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(
        readme.contains(&format!("({stated} or newer)")),
        "README.md does not name Rust {stated}"
    );
    let version =
        |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    for package in Graph::of(NATIVE).packages.values() {
        if let Some(needed) = package["rust_version"].as_str() {
            assert!(
                version(needed)[..2] <= version(&stated)[..2],
                "{} needs Rust {needed}",
                package["id"]
            );
        }
    }
}

#[test]
fn every_package_of_npm_is_locked_by_its_hash() {
    for folder in ["tests/web", "benches/web"] {
        let lock = fs::read(root().join(folder).join("package-lock.json")).unwrap();
        let lock: Value = serde_json::from_slice(&lock).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        let loose: Vec<&String> = packages
            .iter()
            .filter(|(path, package)| !path.is_empty() && !package["integrity"].is_string())
            .map(|(path, _)| path)
            .collect();
        assert!(
            packages.len() > 1 && loose.is_empty(),
            "{folder}: {loose:?}"
        );
    }
}
