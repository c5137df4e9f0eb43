//! Files of sources that are on this machine.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::{Error, Result};

/// Endings of the audio files that can be decoded.
pub const AUDIO_ENDINGS: [&str; 12] = [
    "mp3", "m4a", "mp4", "aac", "flac", "ogg", "oga", "opus", "wav", "aif", "aiff", "caf",
];

/// The files below `folder` with one of `endings`, in the order of their paths; hidden files and
/// folders are left out.
pub fn below(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|e| unreadable(&folder, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| unreadable(&folder, &e))?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| {
                endings
                    .iter()
                    .any(|known| ending.eq_ignore_ascii_case(known))
            }) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| unreadable(path, &e))
}

/// The file's path below `root` and a hash of its content.
pub fn fingerprint(root: &Path, path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut hash = || -> std::io::Result<()> {
        let mut reader = BufReader::new(File::open(path)?);
        loop {
            let read = reader.fill_buf()?;
            if read.is_empty() {
                return Ok(());
            }
            hasher.update(read);
            let length = read.len();
            reader.consume(length);
        }
    };
    hash().map_err(|e| unreadable(path, &e))?;
    let name = path.strip_prefix(root).unwrap_or(path).display();
    let digest: String = hasher.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{name}#{digest}"))
}

pub fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
        advice: "Check the name and the permissions.",
    }
}
