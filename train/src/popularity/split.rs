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
    pub fn part(&self, seed: u64, row: &Row) -> Part {
        let Some(artist) = &row.artist else {
            return Part::Train;
        };
        let digest = Sha256::digest(format!("{seed}:{artist}"));
        let draw = digest[..8]
            .iter()
            .fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        let draw = draw as f64 / 2_f64.powi(64);
        if draw < self.test {
            Part::Test
        } else if draw < self.test + self.calibrate {
            Part::Calibrate
        } else {
            Part::Train
        }
    }
}
