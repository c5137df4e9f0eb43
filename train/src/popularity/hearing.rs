//! What the backbone would hear of a table's song, of which there is no audio: scores of its tags,
//! simulated from the song's genre.
//!
//! A song's genre names the tags it would carry. The tagger's score of a tag is then drawn from one
//! of two normal distributions of unit deviation, [`SEPARATION`] apart, which is how often the
//! tagger is known to take one song for the other. Errors are independent between tags: nothing is
//! published on how they go together.

use foretune::popularity::heard::{HEARD_TAGS, HIGHEST, Heard, LOWEST, SEPARATION};
use rand::Rng;

use super::knowledge::normal;
use crate::heads::tags::carries;

/// Which of [`HEARD_TAGS`] songs of `genre` carry.
pub fn carried(genre: &str) -> Vec<bool> {
    HEARD_TAGS
        .iter()
        .map(|tag| carries(genre, tag.name))
        .collect()
}

/// One hearing of a song that carries these of the tags.
pub fn heard(carried: &[bool], rng: &mut impl Rng) -> Heard {
    let scores = carried
        .iter()
        .map(|&carried| {
            let usual = if carried { SEPARATION } else { 0.0 };
            (usual + normal(rng)).clamp(LOWEST, HIGHEST)
        })
        .collect();
    Heard { scores }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_carried_tag_outscores_another_as_often_as_published() {
        let carried = carried("deep-house");
        let position = |name| HEARD_TAGS.iter().position(|tag| tag.name == name);
        let (Some(house), Some(jazz)) = (position("House"), position("jazz")) else {
            unreachable!("both are among the tags")
        };
        assert!(carried[house] && !carried[jazz]);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let right = (0..4000)
            .filter(|_| {
                let heard = heard(&carried, &mut rng);
                heard.scores[house] > heard.scores[jazz]
            })
            .count();
        // The area under the ROC curve, .88; four standard deviations of 4000 draws are .021.
        let share = right as f64 / 4000.0;
        assert!((share - 0.88).abs() < 0.021, "{share}");
    }
}
