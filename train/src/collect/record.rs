//! What a source says of a recording, an artist or an album, whichever source it is.

use super::identity::Identity;

/// What one source says of one of its things.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub kind: Kind,
    /// The source's own name for it.
    pub key: String,
    pub identity: Identity,
    pub labels: Vec<(&'static str, Value)>,
}

impl Record {
    pub fn new(kind: Kind, key: impl Into<String>, identity: Identity) -> Self {
        Self {
            kind,
            key: key.into(),
            identity,
            labels: Vec::new(),
        }
    }

    /// Adds a label; what is missing stays missing.
    pub fn with(mut self, field: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.labels.push((field, value.into()));
        }
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Track,
    Artist,
    Album,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Artist => "artist",
            Self::Album => "album",
        }
    }
}

/// A label's value; there is none for "missing".
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Number(f64::from(u8::from(value)))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// Names of labels, beside those of the eleven features.
pub mod field {
    /// 0 to 100, as Spotify gives it.
    pub const POPULARITY: &str = "popularity";
    pub const DURATION_MS: &str = "duration_ms";
    /// 0 or 1.
    pub const EXPLICIT: &str = "explicit";
    pub const GENRE: &str = "genre";
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub const RELEASE_DATE: &str = "release_date";
    /// `album`, `single` or `compilation`.
    pub const ALBUM_TYPE: &str = "album_type";
    /// `track`, `episode` or another of Spotify's types.
    pub const CONTENT_TYPE: &str = "content_type";
    pub const ARTIST_ID: &str = "artist_id";
    pub const ALBUM_ID: &str = "album_id";
    /// Of an artist, 0 to 100.
    pub const ARTIST_POPULARITY: &str = "artist_popularity";
    pub const ARTIST_FOLLOWERS: &str = "artist_followers";
    /// Deezer's, 0 to about 1,000,000.
    pub const DEEZER_RANK: &str = "deezer_rank";
    /// Where a preview is offered that does not expire.
    pub const PREVIEW_URL: &str = "preview_url";
    /// 1 where a preview is offered whose address expires, so that it is asked for anew.
    pub const HAS_PREVIEW: &str = "has_preview";
    /// Absolute path of a recording.
    pub const AUDIO: &str = "audio";
    /// Name of a playlist that holds the track, and when it was put there.
    pub const PLAYLIST: &str = "playlist";
    pub const ADDED_AT: &str = "added_at";
}

/// A release date as far as it is known; placeholders such as `0000-00-00` are `None`.
pub fn release_date(text: &str) -> Option<String> {
    let text = text.trim().get(..10.min(text.trim().len()))?;
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits
            .chars()
            .all(|c| c.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let year = number(0..4).filter(|year| (1900..=2100).contains(year))?;
    let month = text
        .get(4..5)
        .filter(|c| *c == "-")
        .and_then(|_| number(5..7));
    let month = month.filter(|month| (1..=12).contains(month));
    let day = text
        .get(7..8)
        .filter(|c| *c == "-")
        .and_then(|_| number(8..10));
    let day = day.filter(|day| (1..=31).contains(day));
    Some(match (month, day) {
        (Some(month), Some(day)) => format!("{year}-{month:02}-{day:02}"),
        (Some(month), None) => format!("{year}-{month:02}"),
        _ => year.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_keep_what_is_known_and_nothing_is_made_up() {
        for (text, date) in [
            ("2019-03-01", Some("2019-03-01")),
            ("2019-03-01T00:00:00Z", Some("2019-03-01")),
            ("2019-03", Some("2019-03")),
            ("2019", Some("2019")),
            ("2019-00-00", Some("2019")),
            ("0000-00-00", None),
            ("1019-01-01", None),
            ("2019.0", Some("2019")),
            ("", None),
            ("é019", None),
        ] {
            assert_eq!(release_date(text).as_deref(), date, "{text}");
        }
    }
}
