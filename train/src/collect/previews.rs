//! Downloading previews: whole or not at all, under the name of their track.

use std::path::Path;

use super::answer::refused;
use super::error::Result;
use super::files::unreadable;
use super::http::{Client, Reply};
use super::identity::Identity;
use super::record::{Kind, Record, field};

/// Downloads the preview at `url` to `folder`, as `name`, and records it for the track `key`; `None`
/// where it is not to be had (any more).
pub fn download(
    client: &Client<'_>,
    url: &str,
    folder: &Path,
    name: &str,
    key: &str,
) -> Result<Option<Record>> {
    let folder = std::path::absolute(folder).map_err(|e| unreadable(folder, &e))?;
    let path = folder.join(format!("{name}.mp3"));
    match client.bytes(url)? {
        Reply::Body(content) => {
            std::fs::create_dir_all(&folder).map_err(|e| unreadable(&folder, &e))?;
            let part = path.with_extension("part");
            std::fs::write(&part, content).map_err(|e| unreadable(&part, &e))?;
            std::fs::rename(&part, &path).map_err(|e| unreadable(&path, &e))?;
            let record = Record::new(Kind::Track, key, Identity::default());
            Ok(Some(
                record.with(field::AUDIO, Some(path.display().to_string())),
            ))
        }
        Reply::Refused(400..=499) => Ok(None),
        Reply::Refused(status) => Err(refused(url, status)),
    }
}
