//! Popularity on real recordings, which have both audio and Spotify's values.

use std::path::Path;

use anyhow::Result;
use foretune::features::Feature;
use foretune::popularity::PopularityModel;
use foretune::popularity::columns::Song;
use foretune::popularity::heard::Heard;
use ndarray::Array1;

use crate::card::table;
use crate::heads;
use crate::heads::evaluate::{Check, load, usual_statistics};
use crate::heads::linear::rank_correlation;
use crate::heads::statistics::LabelledStatistics;
use crate::predict_table::load_model;

/// The card's section: how well the order of songs is told, by what is known of their sound.
pub fn section(models: &Path, check: &Path, clips: &Path) -> Result<String> {
    let model = load_model(models)?;
    let (backbone, _) = heads::backbone(models)?;
    let check = Check::read(check, backbone.teacher_channels())?;
    let usual = usual_statistics(&LabelledStatistics::read(clips)?);
    let estimates = check.estimates(&load(models)?, &usual)?;

    // Spotify's own features, then the heads' seven among them, then with what is heard.
    let mut songs: [Vec<Song>; 3] = Default::default();
    let mut truths = Vec::new();
    for (recording, &popularity) in check.popularity.iter().enumerate() {
        let Some(popularity) = popularity else {
            continue;
        };
        truths.push(f64::from(popularity));
        let exact = Song {
            features: check.spotify[recording],
            estimated: false,
            heard: None,
            year: None,
            duration_seconds: None,
            explicit: None,
            genre: None,
            artist: None,
        };
        let mut estimated = Song {
            estimated: true,
            ..exact.clone()
        };
        for (position, feature) in Feature::PERCEPTUAL.iter().enumerate() {
            estimated.features[*feature as usize] = Some(estimates[[recording, position]] as f32);
        }
        let heard = Song {
            heard: Heard::from_logits(backbone.tags(), &check.embeddings[recording].logits),
            ..estimated.clone()
        };
        for (songs, song) in songs.iter_mut().zip([exact, estimated, heard]) {
            songs.push(song);
        }
    }
    let names = [
        "Spotify's eleven features",
        "the heads' features; loudness, tempo, key and mode from Spotify",
        "the same, and what the backbone hears",
    ];
    let mut lines = Vec::new();
    for (name, songs) in names.into_iter().zip(songs) {
        lines.push(line(name, &model, songs, &truths)?);
    }
    let header = [
        "known of the sound",
        "recordings",
        "rank correlation of p50",
        "of the mean",
    ];
    Ok(format!(
        "{} commercial recordings with Spotify's popularity, mostly hits, told nothing but their sound. Nothing is fitted on them. What the backbone hears was learned from scores simulated from genres, as no public table pairs audio with popularity.\n\n{}",
        truths.len(),
        table(&header, &lines)
    ))
}

fn line(
    name: &str,
    model: &PopularityModel,
    songs: Vec<Song>,
    truths: &[f64],
) -> Result<Vec<String>> {
    let (mut medians, mut means) = (Vec::new(), Vec::new());
    for song in songs {
        let popularity = model.predict_song(song)?;
        medians.push(f64::from(popularity.p50));
        means.push(f64::from(popularity.mean));
    }
    let truths = Array1::from(truths.to_vec());
    let rank = |answers: Vec<f64>| {
        format!(
            "{:.3}",
            rank_correlation(truths.view(), Array1::from(answers).view())
        )
    };
    Ok(vec![
        name.into(),
        truths.len().to_string(),
        rank(medians),
        rank(means),
    ])
}
