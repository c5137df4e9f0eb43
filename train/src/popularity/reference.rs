//! Reference distributions of the table: aggregates that may be published.

use std::collections::BTreeMap;

use foretune::features::Feature;
use foretune::genre::GenreGroup;
use foretune::reference::{FEATURE_PERCENTILES, Histogram, REFERENCE_FORMAT, Reference, era};

use super::songs::Labelled;

/// Fewest songs a genre group needs to be tabulated: below it, extremes would show single songs.
const FEWEST_SONGS: usize = 200;

/// The distributions of all `songs`.
pub fn of(songs: &[Labelled]) -> Reference {
    let mut by_genre: BTreeMap<String, Vec<&Labelled>> = BTreeMap::new();
    let mut by_era: BTreeMap<String, Vec<&Labelled>> = BTreeMap::new();
    for labelled in songs {
        if let Some(group) = labelled.song.genre.as_deref().and_then(GenreGroup::of) {
            by_genre
                .entry(group.name().into())
                .or_default()
                .push(labelled);
        }
        if let Some(year) = labelled.song.year {
            by_era.entry(era(year).into()).or_default().push(labelled);
        }
    }
    by_genre.retain(|_, songs| songs.len() >= FEWEST_SONGS);
    by_era.retain(|_, songs| songs.len() >= FEWEST_SONGS);
    let all: Vec<&Labelled> = songs.iter().collect();
    let histograms = |groups: &BTreeMap<String, Vec<&Labelled>>| {
        groups
            .iter()
            .map(|(name, songs)| (name.clone(), histogram(songs)))
            .collect()
    };
    Reference {
        format: REFERENCE_FORMAT,
        songs: songs.len() as u64,
        popularity: histogram(&all),
        popularity_by_genre: histograms(&by_genre),
        popularity_by_era: histograms(&by_era),
        features: features(&all),
        features_by_genre: by_genre
            .iter()
            .map(|(name, songs)| (name.clone(), features(songs)))
            .collect(),
    }
}

fn histogram(songs: &[&Labelled]) -> Histogram {
    Histogram::count(songs.iter().map(|song| song.popularity))
}

fn features(songs: &[&Labelled]) -> BTreeMap<String, Vec<f32>> {
    Feature::ALL
        .into_iter()
        .map(|feature| {
            let mut values: Vec<f32> = songs
                .iter()
                .filter_map(|song| song.song.features[feature as usize])
                .collect();
            values.sort_by(f32::total_cmp);
            let percentiles = (0..FEATURE_PERCENTILES)
                .map(|step| {
                    // The outermost steps are the 0.5 and 99.5 % points, not the extremes: no
                    // single song decides them.
                    let level =
                        (step as f32 / (FEATURE_PERCENTILES - 1) as f32).clamp(0.005, 0.995);
                    let rank = level * values.len().saturating_sub(1) as f32;
                    let value = values
                        .get(rank.round() as usize)
                        .copied()
                        .unwrap_or_default();
                    // Four digits say all that a percentile can.
                    (value * 1e4).round() / 1e4
                })
                .collect();
            (feature.name().to_owned(), percentiles)
        })
        .collect()
}
