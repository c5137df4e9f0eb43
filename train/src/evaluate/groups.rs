//! The popularity model's scores by era, genre group, popularity and source table.

use std::collections::BTreeMap;

use foretune::features::Feature;
use foretune::genre::GenreGroup;
use foretune::reference::era;

use crate::card::table;
use crate::popularity::metrics::{Judged, Scores};
use crate::popularity::songs::Labelled;

/// A group of test songs is shown from this size on; below, a coverage says little (with 300
/// songs its standard error is 2.3 points).
const FEWEST_SONGS: usize = 300;

/// Standard error of a coverage, over artists.
fn coverage_error(songs: &[(&str, &Judged)], coverage: f64) -> f64 {
    let mut artists: BTreeMap<&str, f64> = BTreeMap::new();
    for (artist, song) in songs {
        *artists.entry(artist).or_default() += f64::from(u8::from(song.covers())) - coverage;
    }
    artists.values().map(|sum| sum * sum).sum::<f64>().sqrt() / songs.len() as f64
}

/// Markdown: scores of the `test` songs by what is known of them, and by what is not.
pub fn section(test: &[&Labelled], judged: &[Judged]) -> String {
    let mut groups: BTreeMap<(u8, String), Vec<(&str, &Judged)>> = BTreeMap::new();
    for (labelled, judged) in test.iter().zip(judged) {
        let genre = labelled.song.genre.as_deref().and_then(GenreGroup::of);
        let decile = (labelled.popularity / 10.0).floor().min(9.0);
        let names = [
            labelled
                .song
                .year
                .map(|year| (0, format!("released {}", era(year).replace('_', " ")))),
            genre.map(|group| (1, format!("genre {}", group.name().replace('_', " ")))),
            Some((
                2,
                format!("popularity {} to {}", decile * 10.0, decile * 10.0 + 9.0),
            )),
            labelled
                .source
                .as_ref()
                .map(|source| (3, format!("table {source}"))),
        ];
        for name in names.into_iter().flatten() {
            let artist = labelled.artist.as_deref().unwrap_or_default();
            groups.entry(name).or_default().push((artist, judged));
        }
    }
    let lines: Vec<Vec<String>> = groups
        .iter()
        .filter(|(_, songs)| songs.len() >= FEWEST_SONGS)
        .map(|((_, name), songs)| {
            let scores = Scores::of(songs.iter().map(|(_, song)| *song));
            let bias = songs
                .iter()
                .map(|(_, song)| f64::from(song.mean - song.truth))
                .sum::<f64>()
                / songs.len() as f64;
            vec![
                name.clone(),
                scores.songs.to_string(),
                format!("{:.2}", scores.mae),
                format!("{bias:+.1}"),
                format!("{:.3}", scores.coverage),
                format!("{:.1}", scores.width),
                format!("{:.3}", coverage_error(songs, scores.coverage)),
            ]
        })
        .collect();
    let header = [
        "group",
        "songs",
        "MAE",
        "mean − truth",
        "coverage",
        "width",
        "coverage's standard error",
    ];
    let mut text = table(&header, &lines);
    text += &format!(
        "\nThe standard error counts artists, not songs: what nobody knows of an artist misses all of his songs together. A popularity decile is a group by the answer itself, so no honest model covers the outer ones; a source table is unknown at prediction. Of {} features none sees either.\n",
        Feature::ALL.len()
    );
    text
}
