//! The shipped popularity model: fits the code, answers everything legal, refuses the rest.

#![allow(clippy::unwrap_used)]

use foretune::features::{Feature, Features};
use foretune::model::{FileEntry, ModelFiles};
use foretune::popularity::columns::{ArtistRecord, Block, Song};
use foretune::popularity::heard::{HEARD_TAGS, HIGHEST, Heard};
use foretune::popularity::{
    Context, EXCERPT_SECONDS, Popularity, PopularityEntry, PopularityModel,
};

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
        features: SONG.to_array().map(Some),
        estimated,
        heard: None,
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
        for feature in Feature::ALL {
            let (low, high) = feature.range();
            song.features[feature as usize] = Some([low, high][end]);
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
    let answer = |context: Context| model.predict(&SONG, Some(200.0), None, &context).unwrap();
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
            "genre",
            Song {
                genre: Some("|".repeat(1_001)),
                ..full(true)
            },
        ),
        (
            "danceability",
            Song {
                features: [Some(1.5); 11],
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

fn heard(scores: impl Fn(&str) -> f32) -> Heard {
    Heard {
        scores: HEARD_TAGS.iter().map(|tag| scores(tag.name)).collect(),
    }
}

#[test]
fn an_excerpt_is_not_taken_for_a_short_song() {
    let model = model();
    let answer = |seconds| {
        model
            .predict(&SONG, seconds, None, &Context::default())
            .unwrap()
    };
    assert_eq!(answer(Some(30.0)), answer(None));
    assert_ne!(answer(Some(EXCERPT_SECONDS)), answer(None));
}

fn context() -> Context {
    Context {
        year: Some(2021),
        genre: Some("pop".into()),
        ..Context::default()
    }
}

#[test]
fn an_explanation_adds_up_to_the_prediction() {
    let model = model();
    let heard = heard(|tag| if tag == "pop" { 2.0 } else { 0.0 });
    let cases = [
        (None, None, Context::default()),
        (Some(200.0), Some(&heard), context()),
    ];
    for (duration, heard, context) in cases {
        let why = model.explain(&SONG, duration, heard, &context).unwrap();
        let named: Vec<Feature> = why.contributions.iter().map(|part| part.input).collect();
        assert_eq!(named, Feature::ALL);
        let sum: f32 = why.contributions.iter().map(|part| part.points).sum();
        // Rounding of single precision on values up to 100, added up eleven times.
        assert!(
            (why.average + why.context + sum - why.p50).abs() < 1e-3,
            "{why:?}"
        );
        let predicted = model.predict(&SONG, duration, heard, &context).unwrap();
        assert!((why.p50 - predicted.p50).abs() < 1e-3);

        let unknown_sound = Song {
            features: [None; 11],
            estimated: true,
            heard: heard.cloned(),
            year: context.year.map(f32::from),
            duration_seconds: duration,
            explicit: None,
            genre: context.genre.clone(),
            artist: None,
        };
        let without = model.predict_song(unknown_sound).unwrap();
        assert!((why.average + why.context - without.p50).abs() < 1e-3);
    }
}

#[test]
fn what_is_unknown_explains_nothing_and_average_is_the_same_for_all() {
    let model = model();
    let loud = model
        .explain(&SONG, None, None, &Context::default())
        .unwrap();
    assert_eq!(loud.context, 0.0);
    let other = Features {
        danceability: 0.1,
        acousticness: 0.9,
        ..SONG
    };
    let quiet = model
        .explain(&other, Some(200.0), None, &context())
        .unwrap();
    assert_eq!(loud.average, quiet.average);
    assert_ne!(loud.contributions, quiet.contributions);
}

#[test]
fn what_is_heard_counts_and_is_checked() {
    let model = model();
    let answer = |heard: Option<&Heard>| model.predict(&SONG, None, heard, &Context::default());
    let jazz = heard(|tag| if tag == "jazz" { 4.0 } else { -0.5 });
    let pop = heard(|tag| if tag == "pop" { 4.0 } else { -0.5 });
    assert_ne!(answer(Some(&jazz)).unwrap(), answer(None).unwrap());
    assert!(answer(Some(&pop)).unwrap().p50 > answer(Some(&jazz)).unwrap().p50);
    for scores in [vec![0.0; 3], vec![f32::NAN; HEARD_TAGS.len()]] {
        let error = answer(Some(&Heard { scores })).unwrap_err();
        assert_eq!(error.code(), "invalid_input");
        assert!(error.to_string().contains("heard"), "{error}");
    }
}

#[test]
fn hearing_needs_every_tag_and_holds_scores_to_their_range() {
    let mut tags: Vec<String> = HEARD_TAGS.iter().map(|tag| tag.name.to_owned()).collect();
    tags.push("never asked for".into());
    let logits = vec![99.0; tags.len()];
    let heard = Heard::from_logits(&tags, &logits).unwrap();
    assert!(heard.scores.iter().all(|score| *score == HIGHEST));
    let back: Heard = serde_json::from_str(&serde_json::to_string(&heard).unwrap()).unwrap();
    assert_eq!(back, heard);
    assert!(Heard::from_logits(&tags[1..], &logits[1..]).is_none());
}
