//! What each source allows, in short and as it was read in the year named; the source's own text
//! is what counts.

/// Of one source.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What is kept beside every label of the source.
    pub licence: String,
    /// The points that matter here, one sentence each.
    pub points: &'static [&'static str],
    /// Where the source's own text is.
    pub text: &'static str,
    /// Whether training needs a permission that the terms do not give.
    pub needs_permission_to_train: bool,
}

pub fn spotify() -> Terms {
    Terms {
        licence: "Spotify Developer Terms: no training without permission, no redistribution"
            .into(),
        points: &[
            "The Developer Policy (section III) forbids using the platform or its content to train a machine learning model.",
            "Data may be kept only as long as the application needs it, and may not be passed on.",
            "New applications get no audio features and no previews, and applications in development mode get no popularity: what is not given stays missing.",
        ],
        text: "https://developer.spotify.com/policy",
        needs_permission_to_train: true,
    }
}

pub fn deezer() -> Terms {
    Terms {
        licence:
            "Deezer API terms: no commercial use, previews are for listening, no redistribution"
                .into(),
        points: &[
            "The API's terms leave no room for commercial use, and its previews are licensed for listening alone.",
            "A preview is a recording under copyright: to train on it needs a permission of its owners.",
        ],
        text: "https://developers.deezer.com/termsofuse",
        needs_permission_to_train: true,
    }
}

pub fn reccobeats() -> Terms {
    Terms {
        licence: "ReccoBeats API terms".into(),
        points: &[
            "Audio features are ReccoBeats' own estimates on Spotify's scales, not Spotify's values.",
            "Read its terms before you publish anything made from them.",
        ],
        text: "https://reccobeats.com",
        needs_permission_to_train: false,
    }
}

pub fn playlist_archive() -> Terms {
    Terms {
        licence: "spotify-playlist-archive: MIT; names and ids come from Spotify".into(),
        points: &[
            "The archive is MIT-licensed. It tells which tracks were on which list, and no popularity.",
        ],
        text: "https://github.com/mackorone/spotify-playlist-archive",
        needs_permission_to_train: false,
    }
}

/// Of what the user brings: her own words.
pub fn own(licence: &str) -> Terms {
    Terms {
        licence: licence.to_owned(),
        points: &[
            "What you bring is yours to judge; your note on its licence is kept beside every label.",
        ],
        text: "",
        needs_permission_to_train: false,
    }
}

impl Terms {
    /// As it is shown before anything is fetched.
    pub fn in_words(&self, source: &str) -> String {
        let mut words = format!("Terms of {source}:\n");
        for point in self.points {
            words += &format!("  - {point}\n");
        }
        if !self.text.is_empty() {
            words += &format!("  Its own text counts: {}\n", self.text);
        }
        words += &format!("  Kept beside every label: {}\n", self.licence);
        words
    }
}
