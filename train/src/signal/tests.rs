#![allow(clippy::unwrap_used)]

use super::*;
use crate::render::{Song, render};

/// Songs of a collection that no weight was fitted to, heard at the signal features' own rate.
/// 210 are ten of every style; half a minute is what a service's preview gives.
#[test]
fn rendered_songs_of_every_style_and_key_are_read() {
    const SONGS: usize = 210;
    let results: Vec<(Truth, f32, (u8, u8))> = (0..SONGS)
        .into_par_iter()
        .map(|index| {
            let song = Song::draw(2026, index, 30.0, SIGNAL_RATE_HZ);
            let channels = render(&song);
            let mono: Vec<f32> = channels[0]
                .iter()
                .zip(&channels[1])
                .map(|(left, right)| 0.5 * (left + right))
                .collect();
            let (tempo, key) = answers(&mono);
            let truth = Truth {
                file: String::new(),
                tempo_bpm: Some(song.tempo_bpm as f32),
                key: Some(song.pitch_class),
                mode: Some(u8::from(song.is_major())),
            };
            (truth, tempo.bpm, (key.pitch_class, key.mode))
        })
        .collect();
    let mut score = Score::default();
    for (truth, bpm, key) in &results {
        score.add(truth, *bpm, *key);
    }
    println!("{score}");
    let (acc1, acc2) = score.tempo_accuracy();
    assert!(acc1 >= 0.88 && acc2 >= 0.95, "{score}");
    assert!(
        score.key_exact() >= 0.86 && score.key_mirex() >= 0.90,
        "{score}"
    );
}

#[test]
fn answers_are_weighed_as_mirex_weighs_them() {
    let a_minor = (9, 0);
    assert_eq!(mirex_weight(a_minor, (9, 0)), 1.0);
    assert_eq!(mirex_weight(a_minor, (4, 0)), 0.5, "the fifth above");
    assert_eq!(mirex_weight(a_minor, (0, 1)), 0.3, "the relative major");
    assert_eq!(mirex_weight((0, 1), a_minor), 0.3, "the relative minor");
    assert_eq!(mirex_weight(a_minor, (9, 1)), 0.2, "the parallel major");
    assert_eq!(mirex_weight(a_minor, (3, 1)), 0.0);
}
