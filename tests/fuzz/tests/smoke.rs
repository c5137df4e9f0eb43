//! Every target on its seeds and on mutations of them, the same on every machine. What libFuzzer finds
//! by coverage takes hours (`cargo xtask harden fuzz`); this takes seconds and needs no other tools.
//!
//! `FORETUNE_FUZZ_SECONDS` has every target go on for so long, from chance that differs each time.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use foretune_fuzz::{TARGETS, shipped};

/// Marsaglia's xorshift64: chance that is the same everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn mutate(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut data = seed.to_vec();
        for _ in 0..=self.below(8) {
            let at = self.below(data.len() + 1);
            match self.below(6) {
                0 => data.truncate(at),
                1 => data.insert(at, self.below(256) as u8),
                2 if at < data.len() => data[at] ^= 1 << self.below(8),
                3 if at < data.len() => data[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                4 if at + 4 <= data.len() => data[at..at + 4].fill(0xff),
                5 if at < data.len() => {
                    let part = data[at..data.len().min(at + 64)].to_vec();
                    data.extend_from_slice(&part);
                }
                _ => {}
            }
        }
        data
    }
}

/// The committed seeds of a target, and of what is shipped what it reads.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut seeds: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let (manifest, files) = shipped();
    match target {
        "manifest" => seeds.push(manifest.clone()),
        "onnx" => seeds.push(files["heads.onnx"].clone()),
        _ => {}
    }
    seeds
}

/// Runs a target on its seeds and on `turns` mutations of them. What is tried lies in a file first:
/// there it is found after a panic, and after a hang or an abort too.
fn try_target(name: &str, turns: usize) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let tried = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.input"));
    let seconds: Option<u64> = std::env::var("FORETUNE_FUZZ_SECONDS")
        .ok()
        .map(|seconds| seconds.parse().unwrap());
    let mut chance = Chance(match seconds {
        Some(_) => SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 | 1,
        None => 0x5eed,
    });
    let began = Instant::now();
    let goes_on = |turn| match seconds {
        Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
        None => turn < turns,
    };
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let mut turn = 0;
    let check = |data: &[u8]| {
        fs::write(&tried, data).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| target(data)));
        assert!(outcome.is_ok(), "{name} broke on {}", tried.display());
    };
    seeds.iter().for_each(|seed| check(seed));
    while goes_on(turn) {
        check(&chance.mutate(&seeds[turn % seeds.len()]));
        turn += 1;
    }
    println!("{name}: {} seeds and {turn} mutations of them", seeds.len());
}

#[test]
fn samples_of_any_kind() {
    try_target("samples", 60);
}

#[test]
fn stages_on_any_samples() {
    try_target("stages", 100);
}

#[test]
fn manifests_of_any_content() {
    try_target("manifest", 60);
}

#[test]
fn graphs_of_any_content() {
    try_target("onnx", 300);
}

#[test]
fn files_of_any_content() {
    try_target("file", 2_000);
}

#[test]
fn contexts_of_any_content() {
    try_target("context", 200);
}

#[test]
fn answers_of_any_content() {
    try_target("answers", 2_000);
}
