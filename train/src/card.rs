//! The model card: prose written by people, between them sections written by `evaluate`.

use std::path::Path;

use anyhow::{Context as _, Result};

pub const FILE: &str = "MODEL_CARD.md";

/// Replaces what stands between the markers of section `name`; appends the section if the card
/// has none.
pub fn set_section(card: &Path, name: &str, command: &str, content: &str) -> Result<()> {
    let text =
        std::fs::read_to_string(card).with_context(|| format!("cannot read {}", card.display()))?;
    std::fs::write(card, with_section(&text, name, command, content))
        .with_context(|| format!("cannot write {}", card.display()))
}

fn with_section(text: &str, name: &str, command: &str, content: &str) -> String {
    let begin = format!("<!-- {name}: written by `foretune-train {command}` -->");
    let end = format!("<!-- {name}: end -->");
    let section = format!("{begin}\n\n{}\n\n{end}", content.trim());
    let found = text
        .find(&begin)
        .and_then(|start| Some((start, start + text[start..].find(&end)? + end.len())));
    match found {
        Some((start, stop)) => format!("{}{section}{}", &text[..start], &text[stop..]),
        None => format!("{}\n\n{section}\n", text.trim_end()),
    }
}

/// A Markdown table.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let rule: Vec<String> = header.iter().map(|_| "---".to_owned()).collect();
    let mut text = line(&header) + &line(&rule);
    for row in rows {
        text += &line(row);
    }
    text
}

/// The date today, in UTC, as `2026-11-23`.
pub fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let days = now.map_or(0, |since| since.as_secs() / 86_400) as i64;
    date(days)
}

/// The civil date of a day counted from 1970-01-01, by the proleptic Gregorian calendar: years
/// are taken to begin in March, so that the leap day comes last.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The processor this runs on, and how many threads it offers.
pub fn machine() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|info| {
            let line = info.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{model}, {threads} threads")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_replaces_only_itself() {
        let first = with_section("# Card\n\nProse.\n", "popularity", "evaluate", "old");
        let both = with_section(&first, "heads", "evaluate", "kept");
        let replaced = with_section(&both, "popularity", "evaluate", "new");
        assert!(replaced.starts_with("# Card\n\nProse.\n"));
        assert!(replaced.contains("new") && replaced.contains("kept"));
        assert!(!replaced.contains("old"));
        assert_eq!(
            with_section(&replaced, "popularity", "evaluate", "new"),
            replaced
        );
    }

    #[test]
    fn dates_of_known_days() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_780), "2026-11-23");
    }
}
