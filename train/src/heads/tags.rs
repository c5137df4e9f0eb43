//! What a tag says of a feature: the tagger's words matched with the genres and years of a table of
//! songs with known features.

use anyhow::{Result, ensure};
use ndarray::{Array1, Array2, Axis};

use super::linear::solve;
use super::reference::Reference;
use crate::table::Row;

/// Which genre names carry a tag: any of the fragments, in the lower-cased name with spaces for
/// hyphens and around it. A space in a fragment is thus a word's border.
///
/// Tags about the singer or about taste ("beautiful", "sexy", "catchy") have no genre of that name;
/// where genres stand for much the same sound they are listed, otherwise the tag is left out.
#[rustfmt::skip]
const GENRES_OF_TAG: [(&str, &[&str]); 42] = [
    ("rock", &["rock", "grunge", "punk", "emo ", "metal"]),
    ("pop", &["pop", "boy band", "girl group"]),
    ("alternative", &["alternative", "alt rock", "alt z", "grunge", "emo ", "modern rock"]),
    ("indie", &["indie", "alt z", "lo fi", "singer songwriter"]),
    ("electronic", &["electr", "edm", "house", "techno", "trance", "idm", "dubstep", "drum and bass",
        "breakbeat", "trip hop", "synth", "brostep", "big room", "complextro", "hardstyle"]),
    ("dance", &["dance ", "edm", "house", "disco", "club", "big room", "trance", "party"]),
    ("alternative rock", &["alt rock", "alternative rock", "grunge", "modern alternative",
        "modern rock", "permanent wave"]),
    ("jazz", &["jazz", "swing", "big band", "bossa"]),
    ("beautiful", &["classical", "piano", "new age", "romance", "opera", "compositional ambient"]),
    ("metal", &["metal", "grindcore", "hardcore "]),
    ("chillout", &["chill", "trip hop", "lo fi", "downtempo", "ambient"]),
    ("classic rock", &["classic rock", "album rock", "rock n roll", "psych rock", "mellow gold", "soft rock"]),
    ("soul", &["soul", "motown", "gospel"]),
    ("indie rock", &["indie rock", "modern alternative", " garage "]),
    ("Mellow", &["mellow", "acoustic", "singer songwriter", "chill", "soft"]),
    ("electronica", &["electronic", "idm", "trip hop", "minimal", "breakbeat", "drum and bass"]),
    ("folk", &["folk", "singer songwriter", "bluegrass"]),
    ("chill", &["chill", "lo fi", "study", "sleep"]),
    ("instrumental", &["classical", "piano", "soundtrack", "study", "vgm", "video game", "ambient",
        "bansuri", "score", "idm", "minimal"]),
    ("punk", &["punk", "emo ", "hardcore "]),
    ("oldies", &["rock n roll", "rockabilly", "adult standards", "oldies", "doo wop", "honky"]),
    ("blues", &["blues"]),
    ("hard rock", &["hard rock", "glam"]),
    ("ambient", &["ambient", "new age", "sleep", "atmosphere", "healing"]),
    ("acoustic", &["acoustic", "singer songwriter"]),
    ("experimental", &["experimental", "idm", "avant", "art pop", "noise"]),
    ("guitar", &["guitar", "blues rock"]),
    ("Hip-Hop", &["hip hop", " rap ", "drill", "trap", "crunk"]),
    ("party", &["party", "club", "big room", "dancehall"]),
    ("country", &["country", "bluegrass", "honky"]),
    ("easy listening", &["easy listening", "adult standards", "lounge", "mellow", "new age"]),
    ("sexy", &["contemporary r&b", "chill r&b", "alternative r&b", "romance"]),
    ("catchy", &["dance pop", "power pop", "post teen", "electropop", "social media pop", "boy band"]),
    ("funk", &["funk ", "groove"]),
    ("electro", &["electro", "edm", "complextro", "brostep", "dubstep", "techno"]),
    ("heavy metal", &["heavy metal", " metal ", "black metal", "death metal", "alternative metal", "metalcore"]),
    ("Progressive rock", &["progressive rock", "psych", "art rock", "jam band"]),
    ("rnb", &["r&b", "r n b", "urban contemporary", "rnb"]),
    ("indie pop", &["indie pop", "indiepop", "chillwave", "indie poptimism", "bedroom pop"]),
    ("sad", &[" sad ", "emo "]),
    ("House", &["house"]),
    ("happy", &[" happy ", "children", "kids", "disney", "disco"]),
];

/// Tags that name a decade, by its first year.
const DECADES: [(&str, f32); 5] = [
    ("60s", 1960.0),
    ("70s", 1970.0),
    ("80s", 1980.0),
    ("90s", 1990.0),
    ("00s", 2000.0),
];

/// How much the logits of one tag vary between songs. Only the mean over the tagger's training
/// songs is known; 1.1 is the median over tags in 540 segments of free music (0.4 to 1.8).
const LOGIT_DEVIATION: f64 = 1.1;

/// Effects of rare tags are drawn to zero by as much as this many songs would.
const PENALTY: f64 = 300.0;

/// The feature's normal score, as far as tags tell it: `(sigmoid(logits) − usual) · effects`.
#[derive(Debug, Clone)]
pub struct TagPrior {
    /// `[tags, 7]`; zero for a tag that matches no genre and no decade.
    pub effects: Array2<f64>,
    /// Mean probability of every tag over the tagger's training songs.
    pub usual: Array1<f64>,
    /// Share of the scores' variance that genres explain, plus that which decades explain.
    pub explained: Vec<f64>,
}

impl TagPrior {
    /// `logit_mean` is the mean of every logit over the tagger's training songs.
    pub fn fit(
        rows: &[Row],
        tags: &[String],
        logit_mean: &[f64],
        reference: &Reference,
    ) -> Result<Self> {
        ensure!(
            tags.len() == logit_mean.len(),
            "one mean logit a tag is needed"
        );
        let mut effects = Array2::zeros((tags.len(), reference.features().len()));
        let by_genre: Vec<usize> = positions(tags, |tag| fragments(tag).is_some());
        let by_decade: Vec<usize> = positions(tags, |tag| decade(tag).is_some());
        let with_genre: Vec<&Row> = rows.iter().filter(|row| row.genre.is_some()).collect();
        let with_year: Vec<&Row> = rows
            .iter()
            // Tags begin with the sixties; what is older would only blur them.
            .filter(|row| row.year.is_some_and(|year| year >= 1958.0))
            .collect();
        let of_genre = fit_effects(
            &mut effects,
            &with_genre,
            &by_genre,
            tags,
            reference,
            |row, tag| carries(row.genre.as_deref().unwrap_or_default(), tag),
        )?;
        let of_decade = fit_effects(
            &mut effects,
            &with_year,
            &by_decade,
            tags,
            reference,
            |row, tag| match (row.year, decade(tag)) {
                (Some(year), Some(first)) => (first..first + 10.0).contains(&year),
                _ => false,
            },
        )?;
        let usual = logit_mean
            .iter()
            .map(|&mean| mean_probability(mean))
            .collect();
        let explained = of_genre
            .iter()
            .zip(of_decade)
            .map(|(genre, decade)| genre + decade)
            .collect();
        Ok(Self {
            effects,
            usual,
            explained,
        })
    }

    /// `[songs, 7]` from `[songs, tags]`.
    pub fn apply(&self, logits: &Array2<f64>) -> Array2<f64> {
        (logits.mapv(sigmoid) - &self.usual).dot(&self.effects)
    }
}

pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn positions(tags: &[String], keep: impl Fn(&str) -> bool) -> Vec<usize> {
    (0..tags.len()).filter(|&tag| keep(&tags[tag])).collect()
}

fn fragments(tag: &str) -> Option<&'static [&'static str]> {
    GENRES_OF_TAG
        .iter()
        .find(|(name, _)| *name == tag)
        .map(|(_, list)| *list)
}

/// Whether songs of `genre` usually carry `tag`.
pub fn carries(genre: &str, tag: &str) -> bool {
    let genre = spelled(genre);
    fragments(tag).is_some_and(|list| list.iter().any(|part| genre.contains(part)))
}

fn decade(tag: &str) -> Option<f32> {
    DECADES
        .iter()
        .find(|(name, _)| *name == tag)
        .map(|(_, first)| *first)
}

fn spelled(genre: &str) -> String {
    format!(" {} ", genre.to_lowercase().replace('-', " "))
}

/// Ridge of the features' normal scores on which tags a song would carry; gives the share of every
/// score's variance that it explains.
fn fit_effects(
    effects: &mut Array2<f64>,
    rows: &[&Row],
    positions: &[usize],
    tags: &[String],
    reference: &Reference,
    carries: impl Fn(&Row, &str) -> bool,
) -> Result<Vec<f64>> {
    let mut scores = Vec::new();
    let mut carried = Vec::new();
    for row in rows {
        if let Some(score) = reference.scores_of(row) {
            scores.extend(score);
            carried.extend(
                positions
                    .iter()
                    .map(|&tag| f64::from(u8::from(carries(row, &tags[tag])))),
            );
        }
    }
    let width = reference.features().len();
    let count = scores.len() / width;
    ensure!(
        count > 0,
        "the table has no song with features and genre or year"
    );
    let y = Array2::from_shape_vec((count, width), scores)?;
    let x = Array2::from_shape_vec((count, positions.len()), carried)?;
    let x = &x - &super::linear::mean(x.view());
    let y = &y - &super::linear::mean(y.view());
    let mut normal = x.t().dot(&x);
    normal.diag_mut().mapv_inplace(|value| value + PENALTY);
    let fitted = solve(&normal, x.t().dot(&y))?;
    for (&tag, row) in positions.iter().zip(fitted.axis_iter(Axis(0))) {
        effects.row_mut(tag).assign(&row);
    }
    let rest = &y - &x.dot(&fitted);
    let variance = |of: &Array2<f64>, score: usize| of.column(score).mapv(|v| v * v).sum();
    Ok((0..width)
        .map(|score| 1.0 - variance(&rest, score) / variance(&y, score))
        .collect())
}

/// The mean of the sigmoid over a normal distribution of logits, by the trapezoidal rule.
fn mean_probability(logit_mean: f64) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    for step in -40..=40 {
        let z = f64::from(step) / 10.0;
        let density = (-0.5 * z * z).exp();
        sum += density * sigmoid(logit_mean + LOGIT_DEVIATION * z);
        weight += density;
    }
    sum / weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_respect_word_borders() {
        assert!(carries("Dance/Electronic", "electronic"));
        assert!(carries("j-dance", "dance"));
        assert!(!carries("dancehall", "dance"));
        assert!(carries("hip-hop", "Hip-Hop"));
        assert!(!carries("trapani folk", "rnb"));
        assert!(carries("death-metal", "heavy metal"));
    }

    #[test]
    fn usual_probability_is_symmetric() {
        // By symmetry the mean at +x and at −x add up to one.
        assert!((mean_probability(0.0) - 0.5).abs() < 1e-12);
        assert!((mean_probability(-2.0) + mean_probability(2.0) - 1.0).abs() < 1e-12);
    }
}
