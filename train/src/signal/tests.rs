#![allow(clippy::unwrap_used)]

use super::score::mirex_weight;
use super::*;

/// Songs of a collection that no weight was fitted to: twelve of every style, over ten in every key.
#[test]
fn rendered_songs_of_every_style_and_key_are_read() {
    let score = measured(&rendered(2026, 252, 60.0).songs).unwrap();
    println!("{score}");
    let (acc1, acc2) = score.tempo_accuracy();
    assert!(acc1 >= 0.90 && acc2 >= 0.98, "{score}");
    assert!(
        score.key_exact() >= 0.92 && score.key_mirex() >= 0.95,
        "{score}"
    );
    let [minor, major] = score.key_exact_by_mode();
    assert!((minor - major).abs() <= 0.03, "{score}");
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
