//! The columns of the tables that `prepare` writes: their names, types, units and order, once.

use foretune::features::Feature;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Integer,
    Flag,
}

impl Kind {
    /// In SQLite.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Number => "REAL",
            Self::Integer | Self::Flag => "INTEGER",
        }
    }

    /// In Parquet's schema language.
    pub fn parquet(self, name: &str) -> String {
        match self {
            Self::Text => format!("optional binary {name} (UTF8);"),
            Self::Number => format!("optional double {name};"),
            Self::Integer => format!("optional int64 {name};"),
            Self::Flag => format!("optional boolean {name};"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// What it says and in which unit, for the datasheet.
    pub meaning: &'static str,
}

const fn column(name: &'static str, kind: Kind, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        meaning,
    }
}

/// Names of what has a source, a time and a licence of its own.
pub const PROVENANCES: [&str; 5] = ["popularity", "features", "release_date", "genre", "audio"];

const IDENTITY: [Column; 10] = [
    column(
        "id",
        Kind::Text,
        "unique: spotify:ID, isrc:ISRC, or SOURCE:KEY",
    ),
    column("spotify_id", Kind::Text, "22 characters"),
    column("isrc", Kind::Text, "ISO 3901, without hyphens"),
    column("title", Kind::Text, "as the first source has it"),
    column("artist", Kind::Text, "the first artist"),
    column(
        "title_key",
        Kind::Text,
        "title without accents, punctuation and edition",
    ),
    column(
        "artist_key",
        Kind::Text,
        "artist without accents, punctuation and a leading \"the\"",
    ),
    column(
        "artist_draw",
        Kind::Number,
        "0 to 1, drawn from artist_key: decides the split",
    ),
    column(
        "content_type",
        Kind::Text,
        "Spotify's type: track, episode, …",
    ),
    column("album_type", Kind::Text, "album, single or compilation"),
];

const LABELS: [Column; 11] = [
    column(
        "popularity",
        Kind::Number,
        "Spotify's, 0 to 100, when it was fetched",
    ),
    column(
        "fingerprint",
        Kind::Text,
        "the continuous features as one word; equal for one recording",
    ),
    column(
        "release_date",
        Kind::Text,
        "YYYY, YYYY-MM or YYYY-MM-DD, as far as it is known",
    ),
    column("year", Kind::Integer, "of the release date"),
    column("duration_ms", Kind::Integer, "milliseconds"),
    column(
        "explicit",
        Kind::Flag,
        "whether the lyrics are marked as explicit",
    ),
    column(
        "genre",
        Kind::Text,
        "the track's, or else the artist's first",
    ),
    column(
        "artist_popularity",
        Kind::Number,
        "Spotify's of the artist, 0 to 100",
    ),
    column("artist_followers", Kind::Integer, "on Spotify"),
    column(
        "deezer_rank",
        Kind::Integer,
        "Deezer's, 0 to about 1,000,000",
    ),
    column(
        "audio",
        Kind::Text,
        "path of a recording on the machine that collected it",
    ),
];

/// Of the joined rows, before cleaning; what the rules read.
pub fn raw() -> Vec<Column> {
    let features = Feature::ALL.map(|feature| {
        column(
            feature.name(),
            Kind::Number,
            "audio feature on Spotify's scale",
        )
    });
    let provenance = PROVENANCES.into_iter().flat_map(|of| {
        // Names live as long as the program: there are fifteen.
        let name = |what: &str| -> &'static str { format!("{of}_{what}").leak() };
        [
            column(name("source"), Kind::Text, "which source told it"),
            column(name("fetched_at"), Kind::Text, "when it was fetched, UTC"),
            column(name("licence"), Kind::Text, "note on its licence"),
        ]
    });
    IDENTITY
        .into_iter()
        .chain(LABELS)
        .chain(features)
        .chain(provenance)
        .collect()
}

/// Of the cleaned songs: the raw ones and what the rules add.
pub fn songs() -> Vec<Column> {
    let mut columns = raw();
    columns.extend([
        column("split", Kind::Text, "train, calibrate or test: no artist is in two"),
        column(
            "split_time",
            Kind::Text,
            "the same by time: test is newest; null where the date is unknown or the artist has newer songs in another part",
        ),
    ]);
    columns
}
