//! The shipped popularity model: fits the code, answers everything legal, refuses the rest.

#![allow(clippy::unwrap_used)]

use foretune::features::Features;
use foretune::model::{FileEntry, ModelFiles};
use foretune::popularity::columns::{ArtistRecord, Block, Song};
use foretune::popularity::{Context, Popularity, PopularityEntry, PopularityModel};

fn model() -> PopularityModel {
    let manifest: serde_json::Value =
        serde_json::from_slice(include_bytes!("../models/manifest.json")).unwrap();
    let entry: PopularityEntry = serde_json::from_value(manifest["popularity"].clone()).unwrap();
    let reference: FileEntry = serde_json::from_value(manifest["reference"].clone()).unwrap();
    let files: ModelFiles = [
        (
            entry.file.file.clone(),
            include_bytes!("../models/popularity.onnx").to_vec(),
        ),
        (
            reference.file.clone(),
            include_bytes!("../models/reference.json").to_vec(),
        ),
    ]
    .into();
    PopularityModel::load(&entry, &reference, &files).unwrap()
}

/// A loud, danceable song in C major.
const SONG: Features = Features {
    danceability: 0.7,
    energy: 0.8,
    key: 0,
    loudness: -6.0,
    mode: 1,
    speechiness: 0.06,
    acousticness: 0.1,
    instrumentalness: 0.0,
    liveness: 0.1,
    valence: 0.6,
    tempo: 120.0,
};

fn full(estimated: bool) -> Song {
    Song {
        features: SONG.to_array(),
        estimated,
        year: Some(2018.0),
        duration_seconds: Some(200.0),
        explicit: Some(false),
        genre: Some("pop".into()),
        artist: Some(ArtistRecord {
            usual_popularity: 60.0,
            other_songs: 20.0,
        }),
    }
}

#[test]
fn the_file_is_small_enough_to_load_with_the_page() {
    assert!(include_bytes!("../models/popularity.onnx").len() < 1_000_000);
}

fn width(popularity: &Popularity) -> f32 {
    popularity.p90 - popularity.p10
}

#[test]
fn every_combination_of_what_is_known_is_answered_in_order_and_range() {
    let model = model();
    for estimated in [false, true] {
        for bits in 0..32 {
            let song = Block::ALL
                .into_iter()
                .enumerate()
                .filter(|(position, _)| (bits >> position) & 1 == 1)
                .fold(full(estimated), |song, (_, block)| song.without(block));
            let answer = model.predict_song(song.clone()).unwrap();
            assert!(
                answer
                    .quantiles
                    .is_sorted_by(|a, b| a.level < b.level && a.value <= b.value)
            );
            assert!(0.0 <= answer.p10 && answer.p90 <= 100.0, "{song:?}");
            assert!(answer.p10 <= answer.p50 && answer.p50 <= answer.p90);
            assert!((0.0..=100.0).contains(&answer.mean));
            assert!((0.0..=100.0).contains(&answer.percentile));
            assert_eq!(answer, model.predict_song(song).unwrap());
        }
    }
}

#[test]
fn extremes_of_every_range_are_answered() {
    let model = model();
    for end in [0, 1] {
        let mut song = full(true);
        for feature in foretune::features::Feature::ALL {
            let (low, high) = feature.range();
            song.features[feature as usize] = [low, high][end];
        }
        song.year = Some([1900.0, 2100.0][end]);
        song.duration_seconds = Some([0.0, 86_400.0][end]);
        song.artist = Some(ArtistRecord {
            usual_popularity: [0.0, 100.0][end],
            other_songs: [1.0, 1e6][end],
        });
        let answer = model.predict_song(song).unwrap();
        assert!(answer.p10.is_finite() && answer.mean.is_finite());
    }
}

#[test]
fn knowing_more_narrows_the_interval() {
    let model = model();
    let all = model.predict_song(full(false)).unwrap();
    let nothing = Block::ALL.into_iter().fold(full(false), Song::without);
    let nothing = model.predict_song(nothing).unwrap();
    assert!(width(&all) < width(&nothing));
    // An artist whose songs usually reach 60 beats one whose songs usually reach 10.
    let mut humble = full(false);
    humble.artist = Some(ArtistRecord {
        usual_popularity: 10.0,
        other_songs: 20.0,
    });
    assert!(model.predict_song(humble).unwrap().p50 + 10.0 < all.p50);
}

#[test]
fn an_unknown_genre_and_an_uncounted_artist_are_legal() {
    let model = model();
    let answer = |context: Context| model.predict(&SONG, Some(200.0), &context).unwrap();
    let unknown = Context {
        genre: Some("zzz qqq".into()),
        ..Context::default()
    };
    assert_eq!(answer(unknown), answer(Context::default()));
    let no_songs = Context {
        artist_usual_popularity: Some(90.0),
        artist_other_songs: Some(0),
        ..Context::default()
    };
    assert_eq!(answer(no_songs), answer(Context::default()));
    let uncounted = Context {
        artist_usual_popularity: Some(90.0),
        ..Context::default()
    };
    assert!(answer(uncounted).p50 > answer(Context::default()).p50);
}

#[test]
fn values_out_of_range_are_named() {
    let model = model();
    let cases = [
        (
            "year",
            Song {
                year: Some(18.0),
                ..full(true)
            },
        ),
        (
            "duration_seconds",
            Song {
                duration_seconds: Some(f32::NAN),
                ..full(true)
            },
        ),
        (
            "artist_usual_popularity",
            Song {
                artist: Some(ArtistRecord {
                    usual_popularity: 101.0,
                    other_songs: 2.0,
                }),
                ..full(true)
            },
        ),
        (
            "danceability",
            Song {
                features: [1.5; 11],
                ..full(true)
            },
        ),
    ];
    for (field, song) in cases {
        let error = model.predict_song(song).unwrap_err();
        assert_eq!(error.code(), "invalid_input");
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[test]
fn a_manifest_for_other_columns_is_refused() {
    let manifest: serde_json::Value =
        serde_json::from_slice(include_bytes!("../models/manifest.json")).unwrap();
    let mut entry: PopularityEntry =
        serde_json::from_value(manifest["popularity"].clone()).unwrap();
    let reference: FileEntry = serde_json::from_value(manifest["reference"].clone()).unwrap();
    entry.columns.swap(0, 1);
    let error = PopularityModel::load(&entry, &reference, &ModelFiles::new()).unwrap_err();
    assert_eq!(error.code(), "model_incompatible");
}
