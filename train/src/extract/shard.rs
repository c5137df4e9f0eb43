//! The share of one job in a batch of them.

use std::str::FromStr;

use crate::popularity::split;

/// Which files a job takes: decided by their names, so that new files change nothing for old ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shard {
    pub index: u64,
    pub of: u64,
}

impl Shard {
    pub const ALL: Self = Self { index: 0, of: 1 };

    pub fn holds(self, file: &str) -> bool {
        split::hash(file) % self.of == self.index
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(index, of)| Some((index.trim().parse().ok()?, of.trim().parse().ok()?)));
        match numbers {
            Some((index, of)) if index < of => Ok(Self { index, of }),
            _ => Err(format!("`{text}` is not I/N with I from 0 to N - 1")),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_file_is_in_one_shard_whatever_else_there_is() {
        let shards: Vec<Shard> = (0..7)
            .map(|index| format!("{index}/7").parse().unwrap())
            .collect();
        for number in 0..200 {
            let file = format!("{number}.mp3");
            assert_eq!(shards.iter().filter(|shard| shard.holds(&file)).count(), 1);
            assert!(Shard::ALL.holds(&file));
        }
        for wrong in ["7/7", "1", "a/b", "-1/3", "0/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
