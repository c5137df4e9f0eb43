//! Secrets, and where they come from: the environment, or a file that only its owner can read.

use std::fmt;
use std::path::Path;

use super::error::{Error, Result};
use super::files;

/// A secret that no message can show by accident.
#[derive(Clone, PartialEq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, for a header and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

/// Of an application registered with Spotify.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub client_id: Secret,
    pub client_secret: Secret,
}

pub const CLIENT_ID: &str = "SPOTIFY_CLIENT_ID";
pub const CLIENT_SECRET: &str = "SPOTIFY_CLIENT_SECRET";

impl Credentials {
    /// From lines `SPOTIFY_CLIENT_ID=…` and `SPOTIFY_CLIENT_SECRET=…` of the file where one is
    /// given, otherwise from the environment.
    pub fn find(file: Option<&Path>) -> Result<Self> {
        let content = file.map(read_private).transpose()?;
        let find = |what: &'static str| -> Result<Secret> {
            let value = match &content {
                Some(content) => content.lines().find_map(|line| {
                    let (name, value) = line.split_once('=')?;
                    let name = name.trim().trim_start_matches("export ").trim();
                    (name == what).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
                }),
                None => std::env::var(what).ok(),
            };
            value
                .filter(|value| !value.is_empty())
                .map(Secret::new)
                .ok_or(Error::CredentialsMissing { what })
        };
        Ok(Self {
            client_id: find(CLIENT_ID)?,
            client_secret: find(CLIENT_SECRET)?,
        })
    }
}

fn read_private(path: &Path) -> Result<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(path).map_err(|e| files::unreadable(path, &e))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Error::CredentialsExposed {
                path: path.display().to_string(),
                mode,
            });
        }
    }
    let content = files::read(path)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused_and_no_secret_is_shown() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = std::env::temp_dir().join(format!("foretune-secret-{}", std::process::id()));
        std::fs::write(
            &path,
            "SPOTIFY_CLIENT_ID=abc\nexport SPOTIFY_CLIENT_SECRET=\"d=f\"\n",
        )
        .unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
        mode(0o640).unwrap();
        assert_eq!(
            Credentials::find(Some(&path)).unwrap_err().code(),
            "credentials_exposed"
        );
        mode(0o600).unwrap();
        let credentials = Credentials::find(Some(&path)).unwrap();
        assert_eq!(credentials.client_secret.reveal(), "d=f");
        let shown = format!("{credentials:?}");
        assert!(!shown.contains("abc") && !shown.contains("d=f"), "{shown}");
        std::fs::remove_file(path).unwrap();
    }
}
