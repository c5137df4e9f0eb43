//! Keeps `www/results.d.ts`, the TypeScript types of what the core takes and answers, in step with
//! the Rust ones.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::{env, fs};

use ts_rs::{Config, TS};

use crate::error::Warning;
use crate::features::curves::Curves;
use crate::features::key::Key;
use crate::features::loudness::Loudness;
use crate::features::structure::{Passage, Structure};
use crate::features::tempo::Tempo;
use crate::features::{Feature, Features, SignalFeatures};
use crate::picture::{SpectrogramImage, Waveform};
use crate::popularity::explain::{Contribution, Explanation};
use crate::popularity::heard::Heard;
use crate::popularity::{Context, Popularity, Quantile};
use crate::prediction::{Prediction, WindowEstimate};

const PATH: &str = "www/results.d.ts";
/// Set, the file is written instead of compared.
const WRITE: &str = "FORETUNE_WRITE_TYPES";

#[test]
fn typescript_types_are_those_of_the_core() {
    let mut declared = String::from(
        "// Written by src/typescript.rs from the Rust types: FORETUNE_WRITE_TYPES=1 cargo test --workspace --lib typescript\n",
    );
    declare::<Prediction>(&mut declared);
    declare::<Popularity>(&mut declared);
    declare::<Quantile>(&mut declared);
    declare::<Feature>(&mut declared);
    declare::<Features>(&mut declared);
    declare::<SignalFeatures>(&mut declared);
    declare::<Tempo>(&mut declared);
    declare::<Key>(&mut declared);
    declare::<Loudness>(&mut declared);
    declare::<WindowEstimate>(&mut declared);
    declare::<Curves>(&mut declared);
    declare::<Structure>(&mut declared);
    declare::<Passage>(&mut declared);
    declare::<Heard>(&mut declared);
    declare::<Warning>(&mut declared);
    declare::<SpectrogramImage>(&mut declared);
    declare::<Waveform>(&mut declared);
    declare::<Context>(&mut declared);
    declare::<Explanation>(&mut declared);
    declare::<Contribution>(&mut declared);
    declare_error_codes(&mut declared);
    let declared: String = declared
        .lines()
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect();
    if env::var_os(WRITE).is_some() {
        fs::write(PATH, &declared).unwrap();
    }
    assert_eq!(
        fs::read_to_string(PATH).unwrap(),
        declared,
        "{PATH} is not up to date: run this test with {WRITE}=1"
    );
}

/// One declaration, exported, with its documentation.
fn declare<T: TS>(declared: &mut String) {
    let config = Config::new();
    let docs = T::docs().unwrap_or_default();
    write!(declared, "\n{docs}export {}\n", T::decl(&config)).unwrap();
}

/// The codes as `Error::code` gives them, which no value of the enum can list.
fn declare_error_codes(declared: &mut String) {
    let codes: Vec<&str> = include_str!("error.rs")
        .lines()
        .filter(|line| line.trim_start().starts_with("Self::"))
        .filter_map(|line| line.split(" => ").nth(1)?.strip_suffix(','))
        .filter(|code| code.starts_with('"'))
        .collect();
    assert!(
        codes.contains(&"\"too_short\"") && codes.len() > 10,
        "{codes:?}"
    );
    write!(
        declared,
        "\n/** What the core can refuse a song or a model for. */\nexport type CoreErrorCode = {};\n",
        codes.join(" | ")
    )
    .unwrap();
}
