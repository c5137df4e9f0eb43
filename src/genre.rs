//! Genre names as people and tables write them, in a common spelling and in coarse groups.

use serde::{Deserialize, Serialize};

/// A coarse family of genres: what reference distributions, the model card's groups and the
/// spectrogram stream speak of. The order is part of the popularity model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenreGroup {
    Pop,
    Rock,
    Metal,
    Punk,
    HipHop,
    RnbSoul,
    Electronic,
    Latin,
    Country,
    Folk,
    JazzBlues,
    Classical,
    Reggae,
    EastAsia,
    SouthAsia,
    World,
    Mood,
    Spoken,
}

impl GenreGroup {
    pub const COUNT: usize = 18;

    pub const ALL: [Self; Self::COUNT] = [
        Self::Pop,
        Self::Rock,
        Self::Metal,
        Self::Punk,
        Self::HipHop,
        Self::RnbSoul,
        Self::Electronic,
        Self::Latin,
        Self::Country,
        Self::Folk,
        Self::JazzBlues,
        Self::Classical,
        Self::Reggae,
        Self::EastAsia,
        Self::SouthAsia,
        Self::World,
        Self::Mood,
        Self::Spoken,
    ];

    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pop => "pop",
            Self::Rock => "rock",
            Self::Metal => "metal",
            Self::Punk => "punk",
            Self::HipHop => "hip_hop",
            Self::RnbSoul => "rnb_soul",
            Self::Electronic => "electronic",
            Self::Latin => "latin",
            Self::Country => "country",
            Self::Folk => "folk",
            Self::JazzBlues => "jazz_blues",
            Self::Classical => "classical",
            Self::Reggae => "reggae",
            Self::EastAsia => "east_asia",
            Self::SouthAsia => "south_asia",
            Self::World => "world",
            Self::Mood => "mood",
            Self::Spoken => "spoken",
        }
    }

    /// The group of a genre as anyone may write it; `None` for a name nothing is known of.
    ///
    /// Of a list ("rock, pop") the first known one counts.
    pub fn of(genre: &str) -> Option<Self> {
        genre
            .split([',', ';', '|'])
            .find_map(|part| Self::of_words(&words(part)))
    }

    /// Asks for the most telling word first: "indie pop" is pop and "pop punk" punk, since
    /// where a market or a style is named ("k-pop", "metalcore") it says more than "pop" does.
    fn of_words(words: &[String]) -> Option<Self> {
        RULES.iter().find_map(|(group, telling)| {
            words
                .iter()
                .any(|word| telling.contains(&word.as_str()))
                .then_some(*group)
        })
    }
}

/// Words that decide a group, the most telling groups first.
const RULES: [(GenreGroup, &[&str]); GenreGroup::COUNT] = [
    (
        GenreGroup::EastAsia,
        &[
            "kpop",
            "jpop",
            "cpop",
            "jrock",
            "jidol",
            "jdance",
            "cantopop",
            "mandopop",
            "anime",
            "korean",
            "japanese",
            "chinese",
            "taiwan",
            "opm",
            "thai",
            "indonesian",
            "malay",
            "malaysian",
            "vietnamese",
        ],
    ),
    (
        GenreGroup::SouthAsia,
        &[
            "filmi",
            "film",
            "desi",
            "indian",
            "bollywood",
            "tollywood",
            "kollywood",
            "hindustani",
            "bansuri",
            "carnatic",
            "punjabi",
            "bhangra",
            "chutney",
        ],
    ),
    (
        GenreGroup::Spoken,
        &["comedy", "spoken", "audiobook", "podcast"],
    ),
    (
        GenreGroup::Reggae,
        &["reggae", "dancehall", "dub", "ska", "soca"],
    ),
    (
        GenreGroup::Latin,
        &[
            "latin",
            "latino",
            "latina",
            "salsa",
            "reggaeton",
            "corrido",
            "corridos",
            "forro",
            "tango",
            "mariachi",
            "sertanejo",
            "pagode",
            "mpb",
            "samba",
            "brazil",
            "brazilian",
            "banda",
            "mexicana",
            "mexican",
            "cumbia",
            "bachata",
            "bolero",
            "norteno",
            "sierreno",
            "colombiano",
            "colombian",
            "puerto",
            "argentine",
            "boricua",
            "arrocha",
            "spanish",
            "espanol",
            "perreo",
            "bossa",
        ],
    ),
    (
        GenreGroup::Metal,
        &[
            "metal",
            "metalcore",
            "deathcore",
            "grindcore",
            "djent",
            "industrial",
            "hardcore",
            "screamo",
        ],
    ),
    (GenreGroup::Punk, &["punk", "emo", "goth", "grunge"]),
    (
        GenreGroup::HipHop,
        &["hiphop", "rap", "trap", "drill", "crunk", "boom", "grime"],
    ),
    (
        GenreGroup::RnbSoul,
        &["rnb", "soul", "funk", "groove", "disco", "gospel", "motown"],
    ),
    (
        GenreGroup::Country,
        &["country", "bluegrass", "honky", "americana", "redneck"],
    ),
    (
        GenreGroup::JazzBlues,
        &["jazz", "blues", "swing", "bebop", "fusion"],
    ),
    (
        GenreGroup::Classical,
        &[
            "classical",
            "piano",
            "opera",
            "orchestral",
            "baroque",
            "score",
            "soundtrack",
            "compositional",
            "chamber",
            "choral",
            "epicore",
        ],
    ),
    (
        GenreGroup::Electronic,
        &[
            "edm",
            "electronic",
            "electronica",
            "electro",
            "house",
            "techno",
            "trance",
            "dubstep",
            "brostep",
            "idm",
            "dnb",
            "bass",
            "breakbeat",
            "hardstyle",
            "garage",
            "club",
            "trip",
            "synth",
            "dance",
            "electropop",
            "chillwave",
            "complextro",
            "cyberpunk",
        ],
    ),
    (
        GenreGroup::Mood,
        &[
            "ambient", "sleep", "study", "chill", "newage", "new", "lofi", "happy", "sad", "party",
            "romance", "kids", "children", "disney", "mellow", "gaming",
        ],
    ),
    (
        GenreGroup::Folk,
        &[
            "folk",
            "acoustic",
            "songwriter",
            "singer",
            "guitar",
            "celtic",
        ],
    ),
    (
        GenreGroup::Rock,
        &[
            "rock",
            "rockabilly",
            "alternative",
            "alt",
            "indie",
            "psych",
            "roll",
            "shoegaze",
            "british",
        ],
    ),
    (
        GenreGroup::Pop,
        &[
            "pop",
            "boy",
            "girl",
            "idol",
            "adult",
            "standards",
            "show",
            "tunes",
            "easy",
            "viral",
            "hollywood",
        ],
    ),
    (
        GenreGroup::World,
        &[
            "world",
            "afrobeat",
            "afro",
            "turkish",
            "iranian",
            "swedish",
            "german",
            "french",
            "malay",
            "greek",
            "arabic",
            "african",
            "israeli",
            "russian",
            "polish",
            "worship",
            "christian",
            "traditional",
        ],
    ),
];

/// A genre as one string: lower case, single spaces, no blanks at the ends.
///
/// Punctuation stays: "hip-hop" and "hip hop" come from different sources of genres, whose
/// songs differ; [`words`] is where both meet.
pub fn normalised(genre: &str) -> String {
    genre
        .split_whitespace()
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The words of a genre in one spelling: "R&B", "r-n-b" and "rnb" all give `rnb`.
pub fn words(genre: &str) -> Vec<String> {
    let spaced: String = genre
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '&' {
                c
            } else {
                ' '
            }
        })
        .collect();
    let mut joined = format!(
        " {} ",
        spaced.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    for (written, meant) in SPELLINGS {
        if joined.contains(written) {
            joined = joined.replace(&format!(" {written} "), &format!(" {meant} "));
        }
    }
    joined.split_whitespace().map(str::to_owned).collect()
}

/// Names of two or three words, and variants, in the spelling they are known by here.
const SPELLINGS: [(&str, &str); 17] = [
    ("r&b", "rnb"),
    ("r n b", "rnb"),
    ("hip hop", "hiphop"),
    ("k pop", "kpop"),
    ("j pop", "jpop"),
    ("c pop", "cpop"),
    ("j rock", "jrock"),
    ("j idol", "jidol"),
    ("j dance", "jdance"),
    ("k hiphop", "kpop hiphop"),
    ("lo fi", "lofi"),
    ("new age", "newage"),
    ("drum and bass", "dnb"),
    ("drum & bass", "dnb"),
    ("rock and roll", "rock roll"),
    ("rock n roll", "rock roll"),
    ("rock & roll", "rock roll"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_genre_share_their_words() {
        for spelling in ["R&B", "r-n-b", " rnb"] {
            assert_eq!(words(spelling), ["rnb"]);
        }
        assert_eq!(words("East Coast Hip-Hop"), ["east", "coast", "hiphop"]);
        assert_eq!(words("rock-n-roll"), ["rock", "roll"]);
    }

    #[test]
    fn groups_follow_the_most_telling_word() {
        let expected = [
            ("pop", GenreGroup::Pop),
            ("K-Pop", GenreGroup::EastAsia),
            ("indie pop", GenreGroup::Rock),
            ("pop punk", GenreGroup::Punk),
            ("alternative metal", GenreGroup::Metal),
            ("deep-house", GenreGroup::Electronic),
            ("Folk/Acoustic, rock", GenreGroup::Folk),
            ("latin hip hop", GenreGroup::Latin),
            ("unheard of, jazz", GenreGroup::JazzBlues),
        ];
        for (genre, group) in expected {
            assert_eq!(GenreGroup::of(genre), Some(group), "{genre}");
        }
        assert_eq!(GenreGroup::of("zzz"), None);
    }

    #[test]
    fn names_and_serde_agree() {
        for group in GenreGroup::ALL {
            let json = serde_json::to_string(&group).unwrap_or_default();
            assert_eq!(json, format!("\"{}\"", group.name()));
        }
    }
}
