//! Who is trained on, who calibrates and who tests: whole artists, never single songs.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::table::Row;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Train,
    Calibrate,
    Test,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitConfig {
    /// Shares of the artists, 0 to 1.
    pub calibrate: f64,
    pub test: f64,
}

impl SplitConfig {
    /// The part of a row: drawn from its artist's name and the seed, so that it does not change
    /// when rows are added. Songs without an artist train only, since nobody could say whether
    /// their artist is among the others.
    ///
    /// A table that says of a row which part it is in is believed.
    pub fn part(&self, seed: u64, row: &Row) -> Part {
        if let Some(part) = row.split {
            return part;
        }
        let Some(artist) = &row.artist else {
            return Part::Train;
        };
        let draw = draw(seed, artist);
        if draw < self.test {
            Part::Test
        } else if draw < self.test + self.calibrate {
            Part::Calibrate
        } else {
            Part::Train
        }
    }
}

/// The seed by which `prepare` splits, unless it is told another.
pub const PREPARED_SEED: u64 = 1;

/// A number from 0 to 1 that an artist's name and the seed decide.
pub fn draw(seed: u64, artist: &str) -> f64 {
    share(&format!("{seed}:{artist}"))
}

/// A number from 0 to 1 that a text decides.
pub fn share(text: &str) -> f64 {
    hash(text) as f64 / 2_f64.powi(64)
}

/// The first 64 bits of a text's SHA-256.
pub fn hash(text: &str) -> u64 {
    let digest = Sha256::digest(text);
    digest[..8]
        .iter()
        .fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
}
