//! Who is who across sources: ISRC, Spotify id, and names without what differs between releases.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What a source says a recording is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Identity {
    /// 22 characters of base 62.
    pub spotify_id: Option<String>,
    /// Twelve characters, without hyphens.
    pub isrc: Option<String>,
    pub title: Option<String>,
    /// The first artist.
    pub artist: Option<String>,
}

/// An ISRC (ISO 3901) without hyphens and in capitals; `None` for what is none.
pub fn isrc(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let valid = code.len() == 12
        && code.char_indices().all(|(place, c)| match place {
            0..2 => c.is_ascii_uppercase(),
            2..5 => c.is_ascii_alphanumeric(),
            _ => c.is_ascii_digit(),
        });
    valid.then_some(code)
}

/// The id in a Spotify id, URI or URL of the given kind (`track`, `artist`, `album`). Local files,
/// whose URI names no id, are `None`.
pub fn spotify_id(text: &str, kind: &str) -> Option<String> {
    let text = text.split(['?', '#']).next().unwrap_or_default().trim();
    let id = match text.rsplit_once([':', '/']) {
        Some((place, id)) => place.ends_with(kind).then_some(id)?,
        None => text,
    };
    (id.len() == 22 && id.chars().all(|c| c.is_ascii_alphanumeric())).then(|| id.to_owned())
}

/// Words that name another edition of the same recording.
const EDITIONS: [&str; 12] = [
    "remaster",
    "remastered",
    "single version",
    "album version",
    "single edit",
    "radio edit",
    "original mix",
    "original version",
    "bonus track",
    "deluxe",
    "mono",
    "stereo",
];

/// A title as it is compared: without accents, punctuation, featured artists and the words that
/// name another edition of the same recording. What names another recording (live, remix,
/// acoustic, instrumental, cover) stays.
pub fn title_key(title: &str) -> Option<String> {
    let plain = folded(title);
    let mut kept = String::new();
    for part in parts(&plain) {
        let words = spaced(&part);
        let featuring = ["feat ", "ft ", "featuring ", "with "]
            .iter()
            .any(|start| words.starts_with(start));
        let edition = EDITIONS
            .iter()
            .any(|edition| format!(" {words} ").contains(&format!(" {edition} ")));
        // The first part is the title itself, whatever it is called.
        if kept.is_empty() || !(featuring || edition) {
            let words = words
                .split(" feat ")
                .next()
                .and_then(|words| words.split(" ft ").next())
                .unwrap_or_default();
            kept.push(' ');
            kept.push_str(words);
        }
    }
    key(&kept)
}

/// An artist's name as it is compared: without accents, punctuation and a leading "the".
pub fn artist_key(artist: &str) -> Option<String> {
    let name = spaced(&folded(artist));
    let name = name.strip_prefix("the ").unwrap_or(&name);
    key(name)
}

/// The first artist of a table's cell: a name, `a;b`, `['a', 'b']`, or `a feat. b`. Commas are
/// left alone, as many names hold one.
pub fn first_artist(cell: &str) -> &str {
    let listed = cell
        .trim()
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'));
    let first = match listed.map(str::trim) {
        Some(list) => {
            let quote = list.chars().next().filter(|c| matches!(c, '\'' | '"'));
            match quote {
                Some(quote) => list[1..].split(quote).next().unwrap_or_default(),
                None => list.split(',').next().unwrap_or_default(),
            }
        }
        None => cell,
    };
    let first = first.split(';').next().unwrap_or_default();
    let lower = first.to_ascii_lowercase();
    let end = [" feat. ", " feat ", " ft. ", " featuring "]
        .iter()
        .filter_map(|word| lower.find(word))
        .min()
        .unwrap_or(first.len());
    first[..end].trim()
}

/// Lower case without accents; `&` is read as "and".
fn folded(text: &str) -> String {
    text.replace('&', " and ")
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The title, then what stands in brackets or after " - ".
fn parts(title: &str) -> Vec<String> {
    title
        .replace(" - ", "(")
        .replace(" – ", "(")
        .split(['(', ')', '[', ']'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Letters and digits of any script, words apart by one space.
fn spaced(text: &str) -> String {
    let text: String = text
        .chars()
        // "don't" and "dont" are one word.
        .filter(|c| !matches!(c, '\'' | '’'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn key(text: &str) -> Option<String> {
    let key = spaced(text);
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_one_recording_share_a_title_and_other_recordings_do_not() {
        let same = [
            "Señorita",
            "Senorita (feat. Someone)",
            "SEÑORITA - 2011 Remaster",
            "Senorita [Deluxe] (Radio Edit)",
            "Señorita feat. Someone",
        ];
        for title in same {
            assert_eq!(title_key(title).as_deref(), Some("senorita"), "{title}");
        }
        for title in [
            "Señorita - Live",
            "Señorita (Acoustic)",
            "Señorita - X Remix",
        ] {
            assert_ne!(title_key(title).as_deref(), Some("senorita"), "{title}");
        }
        assert_eq!(title_key("Stereo Love").as_deref(), Some("stereo love"));
        assert_eq!(title_key("(Remastered)").as_deref(), Some("remastered"));
        assert_eq!(
            title_key("夜に駆ける").as_deref(),
            title_key("夜に駆ける ").as_deref()
        );
        assert_eq!(title_key("!!!"), None);
        assert_eq!(title_key("Don’t Stop"), title_key("Dont stop"));
    }

    #[test]
    fn artists_are_compared_by_the_first_name_of_the_cell() {
        for (cell, first) in [
            ("Tyler, The Creator", "Tyler, The Creator"),
            ("A;B", "A"),
            ("['Guns N Roses', 'B']", "Guns N Roses"),
            ("[\"D'Angelo\", 'B']", "D'Angelo"),
            ("A feat. B", "A"),
        ] {
            assert_eq!(first_artist(cell), first);
        }
        assert_eq!(artist_key("The Beatles"), artist_key("beatles"));
        assert_eq!(
            artist_key("Simon & Garfunkel"),
            artist_key("Simon and Garfunkel")
        );
        assert_eq!(artist_key("Beyoncé").as_deref(), Some("beyonce"));
        assert_eq!(artist_key("The The").as_deref(), Some("the"));
    }

    #[test]
    fn ids_are_read_in_every_form_and_nothing_else_is() {
        let id = "0yf6LL8DG9hOB84qjCtoFj";
        for text in [
            id.to_owned(),
            format!("spotify:track:{id}"),
            format!("https://open.spotify.com/track/{id}?si=x"),
        ] {
            assert_eq!(spotify_id(&text, "track").as_deref(), Some(id));
        }
        for text in [
            "spotify:local:a:b:c:123",
            "https://open.spotify.com/album/0yf6LL8DG9hOB84qjCtoFj",
            "",
            "x",
        ] {
            assert_eq!(spotify_id(text, "track"), None, "{text}");
        }
        assert_eq!(isrc("gb-ay6-19-00012").as_deref(), Some("GBAY61900012"));
        for text in ["", "GBAY6190001", "1BAY61900012", "GBAY6190001X"] {
            assert_eq!(isrc(text), None, "{text}");
        }
    }
}
