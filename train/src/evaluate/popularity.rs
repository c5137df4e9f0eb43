//! The popularity part of the model card: bars, baselines, ablations, groups.

use std::path::Path;

use anyhow::{Context as _, Result};
use foretune::genre::GenreGroup;
use foretune::model::MANIFEST_FILE;
use foretune::popularity::columns::{Block, Song};
use foretune::popularity::{P50, PopularityModel};
use ndarray::Array1;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::groups;
use super::ridge::Ridge;
use crate::card::{machine, table, today};
use crate::catalogue::reliability_chart;
use crate::heads::linear::rank_correlation;
use crate::plot::Chart;
use crate::popularity::fit::FitConfig;
use crate::popularity::knowledge::{Estimator, FeatureErrors, KnowledgeConfig, Situation};
use crate::popularity::metrics::{Judged, Scores, TOLD, reliability};
use crate::popularity::network::NetworkConfig;
use crate::popularity::songs::{self, Labelled};
use crate::popularity::split::Part;
use crate::popularity::{self, CONFIG_FILE, FEATURE_ERRORS_FILE, TrainConfig, part, read_json};
use crate::predict_table::load_model;
use crate::table;

/// One line of `train/baselines/lightgbm.csv`.
#[derive(Debug, Deserialize)]
struct PeerScores {
    told: String,
    r2: f64,
    mae: f64,
    coverage: f64,
    width: f64,
}

/// The chart of [`Section`], beside the card.
pub const CHART_FILE: &str = "popularity_calibration.svg";

/// What the card says and shows of popularity.
pub struct Section {
    /// Markdown.
    pub text: String,
    pub chart: Chart<'static>,
}

pub fn section(table_path: &Path, models: &Path, lightgbm: &Path) -> Result<Section> {
    let config: TrainConfig = read_json(&models.join(CONFIG_FILE))?;
    let errors: FeatureErrors = read_json(&models.join(FEATURE_ERRORS_FILE))?;
    let measured_on = errors.measured_on.clone();
    let estimator = Estimator::new(errors)?;
    let model = load_model(models)?;
    let mut songs = songs::labelled(&table::read(table_path)?, config.seed, &config.split)?;
    let perceptron = perceptron(&config, &mut songs, &estimator)?;
    let (training, test) = (part(&songs, Part::Train), part(&songs, Part::Test));
    let peers: Vec<PeerScores> = csv::Reader::from_path(lightgbm)
        .with_context(|| format!("cannot read {}", lightgbm.display()))?
        .deserialize()
        .collect::<Result<_, _>>()?;

    let mut text = format!(
        "Measured {} on {} with models of seed {}: {} songs by artists that neither trained nor calibrated the model ({} trained). R² is the mean's, MAE the median's (p50), in points; coverage and width are those of p10 to p90. Settings were chosen by the artists that calibrated.\n\n`popularity.onnx`, SHA-256 `{}`.\n\n",
        today(),
        machine(),
        config.seed,
        test.len(),
        training.len(),
        digest(models)?,
    );
    text += "### What is known of the song\n\n";
    let judged = TOLD
        .into_iter()
        .map(|(name, told)| Ok((name, judge(&model, &comparable(&test, told), told)?)))
        .collect::<Result<Vec<_>>>()?;
    text += &comparison(&judged, &training, &test, &peers, &perceptron);
    text += "\nLightGBM is four models a line, each trained for what it is told; the perceptron is one network of the features alone; Foretune is one model for all lines. The artist's line holds the songs whose artist has others.\n\n";
    text += &format!(
        "\n### Features estimated from audio\n\nThe same songs with their features blurred as an estimate from audio blurs them. Errors (`feature_errors.json`): {measured_on}\n\n"
    );
    text += &estimated(&model, &test, &estimator, config.seed)?;
    text += "\n### By group\n\nTold year, duration, genre and explicit where the table has them, not the artist's other songs.\n\n";
    let told = [Block::Year, Block::Duration, Block::Genre, Block::Explicit];
    text += &groups::section(&test, &judge(&model, &test, &told)?);
    text += &format!("\n![Calibration]({CHART_FILE})\n");
    let curves = judged
        .iter()
        .map(|(name, judged)| (*name, reliability(judged)))
        .collect();
    Ok(Section {
        text,
        chart: reliability_chart(curves),
    })
}

/// The hash of the model that is measured, so that a card of another model is found out.
fn digest(models: &Path) -> Result<String> {
    let manifest: serde_json::Value = read_json(&models.join(MANIFEST_FILE))?;
    let digest = manifest["popularity"]["sha256"].as_str();
    Ok(digest.context("the manifest has no hash")?.to_owned())
}

/// The scores of one perceptron that is never told more than the eleven features.
fn perceptron(
    config: &TrainConfig,
    songs: &mut [Labelled],
    estimator: &Estimator,
) -> Result<Scores> {
    let config = TrainConfig {
        network: NetworkConfig {
            members: 1,
            ..config.network.clone()
        },
        // It meets one situation where the model learns many, so fewer epochs suffice.
        fit: FitConfig {
            epochs: 16,
            ..config.fit.clone()
        },
        knowledge: KnowledgeConfig {
            situations: vec![Situation {
                share: 1.0,
                told: Vec::new(),
            }],
            omission: 0.0,
            estimated: 0.0,
            unheard: 0.0,
            incomplete: 0.0,
        },
        teacher: None,
        ..config.clone()
    };
    let trained = popularity::train(&config, songs, estimator)?;
    Ok(Scores::of(&popularity::judge(
        &trained,
        &part(songs, Part::Test),
        &[],
    )))
}

/// Rank correlation of p50 and of the mean with the truth.
fn ranks(judged: &[Judged]) -> [f64; 2] {
    let column = |value: fn(&Judged) -> f32| -> Array1<f64> {
        judged.iter().map(|song| f64::from(value(song))).collect()
    };
    let truth = column(|song| song.truth);
    [
        |song: &Judged| song.quantiles[P50],
        |song: &Judged| song.mean,
    ]
    .map(|answer| rank_correlation(truth.view(), column(answer).view()))
}

/// Predictions through the shipped ONNX file, as every caller gets them.
fn judge(model: &PopularityModel, songs: &[&Labelled], told: &[Block]) -> Result<Vec<Judged>> {
    songs
        .iter()
        .map(|labelled| judge_song(model, told_only(&labelled.song, told), labelled.popularity))
        .collect()
}

fn judge_song(model: &PopularityModel, song: Song, truth: f32) -> Result<Judged> {
    let predicted = model.predict_song(song)?;
    Ok(Judged {
        truth,
        mean: predicted.mean,
        quantiles: predicted
            .quantiles
            .iter()
            .map(|quantile| quantile.value)
            .collect(),
    })
}

fn told_only(song: &Song, told: &[Block]) -> Song {
    Block::ALL
        .into_iter()
        .filter(|block| !told.contains(block))
        .fold(song.clone(), Song::without)
}

/// With the artist's other songs told, only songs that have any are compared.
fn comparable<'a>(songs: &[&'a Labelled], told: &[Block]) -> Vec<&'a Labelled> {
    songs
        .iter()
        .copied()
        .filter(|song| !told.contains(&Block::Artist) || song.song.artist.is_some())
        .collect()
}

const SCORES: [&str; 7] = ["", "model", "songs", "R²", "MAE", "coverage", "width"];

fn line(told: &str, model: &str, scores: &Scores) -> Vec<String> {
    vec![
        told.into(),
        model.into(),
        scores.songs.to_string(),
        format!("{:.3}", scores.r2),
        format!("{:.2}", scores.mae),
        format!("{:.3}", scores.coverage),
        format!("{:.1}", scores.width),
    ]
}

/// A line of a baseline that answers points without an interval.
fn point_line(told: &str, model: &str, truths: &[f32], answers: &[f32]) -> Vec<String> {
    let judged: Vec<Judged> = truths
        .iter()
        .zip(answers)
        .map(|(truth, answer)| Judged {
            truth: *truth,
            mean: *answer,
            quantiles: vec![*answer; foretune::popularity::LEVELS.len()],
        })
        .collect();
    let scores = Scores::of(&judged);
    let mut line = line(told, model, &scores);
    line[5] = "–".into();
    line[6] = "–".into();
    line
}

fn comparison(
    judged: &[(&str, Vec<Judged>)],
    training: &[&Labelled],
    test: &[&Labelled],
    peers: &[PeerScores],
    perceptron: &Scores,
) -> String {
    let mut popularities: Vec<f32> = training.iter().map(|song| song.popularity).collect();
    popularities.sort_by(f32::total_cmp);
    let median = popularities[popularities.len() / 2];
    let truths: Vec<f32> = test.iter().map(|song| song.popularity).collect();
    let mut lines = vec![point_line(
        "nothing",
        "median",
        &truths,
        &vec![median; truths.len()],
    )];
    for ((name, told), (_, judged)) in TOLD.into_iter().zip(judged) {
        let songs = comparable(test, told);
        let truths: Vec<f32> = songs.iter().map(|song| song.popularity).collect();
        lines.push(point_line(
            name,
            "ridge",
            &truths,
            &ridge(training, &songs, told),
        ));
        if told.is_empty() {
            lines.push(line(name, "perceptron", perceptron));
        }
        if let Some(peer) = peers.iter().find(|peer| peer.told == name) {
            lines.push(vec![
                name.into(),
                "LightGBM".into(),
                songs.len().to_string(),
                format!("{:.3}", peer.r2),
                format!("{:.2}", peer.mae),
                format!("{:.3}", peer.coverage),
                format!("{:.1}", peer.width),
            ]);
        }
        lines.push(line(name, "**Foretune**", &Scores::of(judged)));
    }
    table(&SCORES, &lines)
}

/// A linear model of what is told: features, keys and genre groups as they are, years also
/// squared, and a flag for whatever is unknown.
fn ridge(training: &[&Labelled], songs: &[&Labelled], told: &[Block]) -> Vec<f32> {
    let rows = |songs: &[&Labelled]| -> Vec<Vec<f64>> {
        songs
            .iter()
            .map(|labelled| ridge_row(&told_only(&labelled.song, told)))
            .collect()
    };
    let targets: Vec<f64> = training
        .iter()
        .map(|song| f64::from(song.popularity))
        .collect();
    let ridge = Ridge::fit(&rows(training), &targets);
    rows(songs)
        .iter()
        .map(|row| ridge.predict(row) as f32)
        .collect()
}

fn ridge_row(song: &Song) -> Vec<f64> {
    let mut row: Vec<f64> = song.columns().into_iter().map(f64::from).collect();
    let decades = song
        .year
        .map_or(0.0, |year| f64::from(year - 2000.0) / 10.0);
    row.extend([decades, decades.powi(2)]);
    row.push(
        song.duration_seconds
            .map_or(0.0, |seconds| f64::from(seconds.max(1.0)).ln()),
    );
    let group = song.genre.as_deref().and_then(GenreGroup::of);
    row.extend(GenreGroup::ALL.map(|each| f64::from(u8::from(group == Some(each)))));
    row
}

/// The lines of [`TOLD`] with estimated features, then with what is heard as well.
fn estimated(
    model: &PopularityModel,
    test: &[&Labelled],
    estimator: &Estimator,
    seed: u64,
) -> Result<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut blurred: Vec<Labelled> = test.iter().map(|&labelled| labelled.clone()).collect();
    for labelled in &mut blurred {
        estimator.estimate(&mut labelled.song, &mut rng);
    }
    let mut lines = Vec::new();
    let measure = |songs: Vec<&Labelled>, told: &[Block], name: &str| -> Result<Vec<String>> {
        let judged = judge(model, &comparable(&songs, told), told)?;
        let mut line = line(name, "**Foretune**", &Scores::of(&judged));
        line.extend(ranks(&judged).map(|rank| format!("{rank:.3}")));
        Ok(line)
    };
    for (name, told) in TOLD {
        lines.push(measure(blurred.iter().collect(), told, name)?);
    }
    // Only of a song whose genre the table has can it be said what would be heard.
    let mut hearable: Vec<Labelled> = blurred
        .into_iter()
        .filter(|labelled| labelled.usual_scores.is_some())
        .collect();
    let with_genre = |name| format!("{name}; songs with a genre");
    for (name, told) in [TOLD[0], TOLD[1]] {
        lines.push(measure(hearable.iter().collect(), told, &with_genre(name))?);
    }
    for labelled in &mut hearable {
        let usual = labelled.usual_scores.as_deref().unwrap_or_default();
        labelled.song.heard = Some(estimator.hear(usual, &mut rng));
    }
    for (name, told) in [TOLD[0], TOLD[1]] {
        let told: Vec<Block> = told.iter().copied().chain([Block::Heard]).collect();
        let name = format!("{}, heard", with_genre(name));
        lines.push(measure(hearable.iter().collect(), &told, &name)?);
    }
    let header = [&SCORES[..], &["rank r of p50", "of the mean"]].concat();
    let mut text = table(&header, &lines);
    text += "\nWhat is heard is simulated from the genre, with the errors the tagger is known to make.\n";
    Ok(text)
}
