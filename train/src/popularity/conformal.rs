//! Split-conformal calibration of the quantiles, on artists the network was not trained on.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use foretune::genre::GenreGroup;
use foretune::popularity::LEVELS;
use foretune::popularity::calibration::{
    Calibration, Corrections, GroupCorrection, Sound, add, groups,
};
use foretune::popularity::columns::{Block, Song};
use foretune::reference::ERAS;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::knowledge::{Estimator, KnowledgeConfig};
use super::songs::Labelled;

/// Sights of every song, beside the situations of training, from which each block is withheld or
/// not as a coin falls, and how much one of them counts: so that every combination is seen, yet the
/// usual ones decide.
const ANY: usize = 3;
const ANY_WEIGHT: f64 = 0.02;

/// Fewest sights to calibrate a combination on its own; the 5 % level then rests on 25 of them.
const FEWEST: usize = 500;

/// So many artists make a group's correction count by half: of 20, 60 and 150 the one with the least
/// pinball loss on calibration artists left out in turn, though they hardly differ.
const USUAL_ARTISTS: f64 = 60.0;

/// A song as it is shown, with the positions of its genre's terms.
pub type Sight<'a> = (Song, &'a [usize]);

/// Calibrates a network, known by its answers, with songs it was not trained on: by what is known of
/// a song, and by its era and genre group where they are known.
///
/// Every song is shown with each kind of knowledge of its sound and in each situation of training,
/// counted by the situation's share: a combination is calibrated both on songs that lack the rest by
/// nature and on songs from which it was withheld. The offset of a level is that quantile of what is
/// left after the network's own: added to it, the share of calibration songs below is the level.
/// Combinations too rare to say use the offsets of all sights together. Songs that lack features
/// are not shown: see `Calibration`.
///
/// What is then left within an era, and within a genre group after that, is drawn towards nothing by
/// how few artists it rests on: songs of one artist share what nobody knows of him. Combinations
/// are calibrated once more at the end, so that their coverage is what they say.
pub fn calibrate(
    answer: impl FnOnce(&[Sight<'_>]) -> Result<Vec<Vec<f32>>>,
    songs: &[&Labelled],
    knowledge: &KnowledgeConfig,
    estimator: &Estimator,
    seed: u64,
) -> Result<Corrections> {
    let shown = Shown::of(songs, knowledge, estimator, seed);
    let answers = answer(&shown.sights)?;
    let combined = shown.combinations(&answers);
    let mut left = answers.clone();
    for ((song, _), answer) in shown.sights.iter().zip(&mut left) {
        if let Some(combination) = combined.iter().find(|each| each.fits(song)) {
            add(&mut answer[1..], &combination.offsets);
        }
    }
    let mut grouped = answers;
    let groups = shown.groups(left, &mut grouped);
    Ok(Corrections {
        combinations: shown.combinations(&grouped),
        groups,
    })
}

/// The calibration songs as they are shown, all of one length.
struct Shown<'a> {
    sights: Vec<Sight<'a>>,
    popularities: Vec<f32>,
    weights: Vec<f64>,
    artists: Vec<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(
        songs: &[&'a Labelled],
        knowledge: &KnowledgeConfig,
        estimator: &Estimator,
        seed: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut all = Self {
            sights: Vec::new(),
            popularities: Vec::new(),
            weights: Vec::new(),
            artists: Vec::new(),
        };
        for sound in Sound::ALL {
            for &labelled in songs {
                let mut song = labelled.song.clone();
                if sound != Sound::Exact {
                    estimator.estimate(&mut song, &mut rng);
                }
                if sound == Sound::Heard {
                    let Some(usual) = &labelled.usual_scores else {
                        continue;
                    };
                    song.heard = Some(estimator.hear(usual, &mut rng));
                }
                for situation in &knowledge.situations {
                    let sight = told(&song, |block| situation.told.contains(&block));
                    all.push(labelled, sight, situation.share);
                }
                for _ in 0..ANY {
                    let sight = told(&song, |_| rng.random::<bool>());
                    all.push(labelled, sight, ANY_WEIGHT);
                }
            }
        }
        all
    }

    fn push(&mut self, labelled: &'a Labelled, sight: Song, weight: f64) {
        let terms = labelled.terms(&sight);
        self.sights.push((sight, terms));
        self.popularities.push(labelled.popularity);
        self.weights.push(weight);
        self.artists
            .push(labelled.artist.as_deref().unwrap_or_default());
    }

    fn combinations(&self, answers: &[Vec<f32>]) -> Vec<Calibration> {
        let all: Vec<usize> = (0..self.sights.len()).collect();
        let pooled = offsets(&all, answers, &self.popularities, &self.weights);
        let mut combinations = Calibration::identities(LEVELS.len());
        for combination in &mut combinations {
            let fitting = self.sights_where(|song| combination.fits(song));
            combination.offsets = if fitting.len() < FEWEST {
                pooled.clone()
            } else {
                offsets(&fitting, answers, &self.popularities, &self.weights)
            };
        }
        combinations
    }

    /// The groups' corrections of answers that the combinations have corrected, which are added to
    /// `grouped` too.
    fn groups(&self, mut answers: Vec<Vec<f32>>, grouped: &mut [Vec<f32>]) -> Vec<GroupCorrection> {
        let mut members: BTreeMap<(usize, bool), Vec<usize>> = BTreeMap::new();
        let names: Vec<&str> = ERAS
            .into_iter()
            .chain(GenreGroup::ALL.map(GenreGroup::name))
            .collect();
        for (sight, (song, _)) in self.sights.iter().enumerate() {
            for group in groups(song) {
                if let Some(name) = names.iter().position(|name| *name == group) {
                    let artist = song.knows(Block::Artist);
                    members.entry((name, artist)).or_default().push(sight);
                }
            }
        }
        let mut corrections = Vec::new();
        for ((name, artist), members) in members {
            let artists = self.artists(&members);
            let share = (artists / (artists + USUAL_ARTISTS)) as f32;
            let offsets: Vec<f32> = offsets(&members, &answers, &self.popularities, &self.weights)
                .into_iter()
                .map(|offset| rounded(share * offset))
                .collect();
            for sight in members {
                add(&mut answers[sight][1..], &offsets);
                add(&mut grouped[sight][1..], &offsets);
            }
            corrections.push(GroupCorrection {
                group: names[name].into(),
                artist,
                offsets,
            });
        }
        corrections
    }

    fn sights_where(&self, fits: impl Fn(&Song) -> bool) -> Vec<usize> {
        let sights = self.sights.iter().enumerate();
        sights
            .filter_map(|(sight, (song, _))| fits(song).then_some(sight))
            .collect()
    }

    /// As many artists of equal weight would say as much as those of `sights` do (Kish's effective
    /// sample size).
    fn artists(&self, sights: &[usize]) -> f64 {
        let mut weights: HashMap<&str, f64> = HashMap::new();
        for &sight in sights {
            *weights.entry(self.artists[sight]).or_default() += self.weights[sight];
        }
        let total: f64 = weights.values().sum();
        let squares: f64 = weights.values().map(|weight| weight * weight).sum();
        total * total / squares
    }
}

/// The song with only the blocks that are `kept`; what is heard comes with the features.
fn told(song: &Song, mut kept: impl FnMut(Block) -> bool) -> Song {
    Block::ALL
        .into_iter()
        .filter(|block| *block != Block::Heard && !kept(*block))
        .fold(song.clone(), Song::without)
}

/// What to add to every level of `answers` so that its share of the `sights`' popularities lies
/// below, each sight counted by its weight.
pub fn offsets(
    sights: &[usize],
    answers: &[Vec<f32>],
    popularities: &[f32],
    weights: &[f64],
) -> Vec<f32> {
    let total: f64 = sights.iter().map(|&sight| weights[sight]).sum();
    (0..LEVELS.len())
        .map(|level| {
            let mut left: Vec<(f32, f64)> = sights
                .iter()
                .map(|&sight| {
                    (
                        popularities[sight] - answers[sight][1 + level],
                        weights[sight],
                    )
                })
                .collect();
            left.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut below = f64::from(LEVELS[level]) * total;
            let offset = left.iter().find(|(_, weight)| {
                below -= weight;
                below < 0.0
            });
            rounded(offset.or(left.last()).map_or(0.0, |(offset, _)| *offset))
        })
        .collect()
}

/// Whole points of popularity: a thousandth of one is more than can be known.
fn rounded(offset: f32) -> f32 {
    (offset * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_group_is_corrected_as_far_as_its_artists_are_many() {
        let song = |year| Song {
            features: [None; 11],
            estimated: false,
            heard: None,
            year: Some(year),
            duration_seconds: None,
            explicit: None,
            genre: None,
            artist: None,
        };
        // An era of sixty artists and one of a single artist, both 12 points above every answer.
        let names: Vec<String> = (0..60).map(|artist| artist.to_string()).collect();
        let mut shown = Shown {
            sights: Vec::new(),
            popularities: Vec::new(),
            weights: Vec::new(),
            artists: Vec::new(),
        };
        for name in &names {
            for (year, artist) in [(1970.0, name.as_str()), (2020.0, "one")] {
                shown.sights.push((song(year), &[]));
                shown.popularities.push(62.0);
                shown.weights.push(0.5);
                shown.artists.push(artist);
            }
        }
        let answers = vec![vec![50.0; 1 + LEVELS.len()]; shown.sights.len()];
        let mut grouped = answers.clone();
        let found = shown.groups(answers, &mut grouped);
        let offset = |group: &str| {
            let found = found.iter().find(|each| each.group == group).unwrap();
            assert!(!found.artist);
            found.offsets[0]
        };
        assert!((offset("before_1980") - 6.0).abs() < 1e-3);
        assert!((offset("2015_on") - 12.0 / 61.0).abs() < 1e-3);
        assert!((grouped[0][1] - 56.0).abs() < 1e-3);
        assert_eq!(grouped[0][0], 50.0);
    }

    #[test]
    fn offsets_put_the_levels_share_of_songs_below() {
        let popularities: Vec<f32> = (0..=100).map(|popularity| popularity as f32).collect();
        // A network that answers 50 for every level and song.
        let answers = vec![vec![50.0; 1 + LEVELS.len()]; popularities.len()];
        let sights: Vec<usize> = (0..popularities.len()).collect();
        let even = vec![0.5; popularities.len()];
        let even = offsets(&sights, &answers, &popularities, &even);
        for (level, offset) in LEVELS.iter().zip(even) {
            // Whole points of popularity leave one point of play.
            assert!((50.0 + offset - 100.0 * level).abs() <= 1.0);
        }
        // With nothing but the upper half, as if the lower had never been shown.
        let upper: Vec<f64> = sights
            .iter()
            .map(|&sight| f64::from(u8::from(sight > 50)))
            .collect();
        let upper = offsets(&sights, &answers, &popularities, &upper);
        for (level, offset) in LEVELS.iter().zip(upper) {
            assert!((offset - 50.0 * level).abs() <= 1.0);
        }
    }
}
