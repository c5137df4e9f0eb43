//! Training the popularity model: table → songs → network → calibration → ONNX, manifest,
//! reference distributions.

pub mod artifact;
pub mod conformal;
pub mod fit;
pub mod half;
pub mod hearing;
pub mod knowledge;
pub mod metrics;
pub mod network;
pub mod recalibrate;
pub mod reference;
pub mod songs;
pub mod split;
pub mod teacher;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use foretune::model::FileEntry;
use foretune::popularity::calibration::Corrections;
use foretune::popularity::columns::{Block, COLUMNS_VERSION, Column, GenreVocabulary, Song};
use foretune::popularity::{LEVELS, PopularityEntry};
use serde::{Deserialize, Serialize};

use crate::catalogue::{self, CatalogueArgs};
use crate::table;
use fit::{Example, FitConfig, Plan};
use knowledge::{Estimator, KnowledgeConfig};
use metrics::{Judged, Scores, TOLD};
use network::{Network, NetworkConfig};
use songs::Labelled;
use split::{Part, SplitConfig};
use teacher::TeacherConfig;

#[derive(clap::Args)]
pub struct TrainArgs {
    /// Parquet or CSV of songs: the eleven features, popularity, and artist_key or artist; year,
    /// duration_ms, explicit and genre where known
    #[arg(long, required_unless_present = "catalogue")]
    table: Option<PathBuf>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    /// Folder of the models, where the result goes
    #[arg(long, default_value = "models")]
    out: PathBuf,
    /// The same seed gives the same model
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A configuration as training saves it, instead of the built-in one
    #[arg(long)]
    config: Option<PathBuf>,
}

const MODEL_FILE: &str = "popularity.onnx";
pub const CONFIG_FILE: &str = "popularity.config.json";
pub const FEATURE_ERRORS_FILE: &str = "feature_errors.json";
const REFERENCE_FILE: &str = "reference.json";

/// All that decides a training run beside the table; saved with its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    pub seed: u64,
    pub split: SplitConfig,
    /// Fewest training songs that make a genre's name or word a term of the vocabulary.
    pub genre_minimum: usize,
    pub network: NetworkConfig,
    pub fit: FitConfig,
    pub knowledge: KnowledgeConfig,
    /// Without one, the network learns from the songs alone.
    pub teacher: Option<TeacherConfig>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            split: SplitConfig {
                calibrate: 0.08,
                test: 0.10,
            },
            genre_minimum: 10,
            network: NetworkConfig {
                members: 6,
                hidden: 112,
                genre_width: 24,
            },
            fit: FitConfig {
                epochs: 56,
                batch_size: 256,
                learning_rate: 4e-3,
                weight_decay: 1e-2,
                scale_bins: 24,
            },
            knowledge: KnowledgeConfig::default(),
            teacher: Some(TeacherConfig {
                folds: 4,
                weight: 0.6,
                network: NetworkConfig {
                    members: 2,
                    hidden: 112,
                    genre_width: 24,
                },
                fit: FitConfig {
                    epochs: 10,
                    batch_size: 256,
                    learning_rate: 4e-3,
                    weight_decay: 1e-2,
                    scale_bins: 24,
                },
            }),
        }
    }
}

/// A trained model, before it is written.
pub struct Trained {
    pub network: Network,
    pub genre_terms: Vec<String>,
    pub calibration: Corrections,
}

pub fn run(args: TrainArgs) -> Result<ExitCode> {
    let Some(table) = &args.table else {
        return catalogue::run(
            &args.catalogue,
            &args.out,
            args.config.as_deref(),
            args.seed,
        );
    };
    let config = TrainConfig {
        seed: args.seed,
        ..match &args.config {
            Some(path) => read_json(path)?,
            None => TrainConfig::default(),
        }
    };
    let estimator = Estimator::new(read_json(&args.out.join(FEATURE_ERRORS_FILE))?)?;
    let rows = table::read(table)?;
    let mut songs = songs::labelled(&rows, config.seed, &config.split)?;
    eprintln!(
        "{} rows, {} with a popularity and all features",
        rows.len(),
        songs.len()
    );
    let trained = train(&config, &mut songs, &estimator)?;
    write(&args.out, &config, &trained, &songs)?;
    // Settings are chosen by the first, so that the second stays a test.
    for (name, chosen) in [("calibration", Part::Calibrate), ("test", Part::Test)] {
        println!("{name} artists:");
        for (told, scores) in scores(&trained, &part(&songs, chosen)) {
            println!(
                "{told:<24} {:>6} songs  R² {:.4}  MAE {:.3}  coverage {:.3}  width {:.2}  pinball {:.4}",
                scores.songs, scores.r2, scores.mae, scores.coverage, scores.width, scores.pinball
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A JSON file as what it should be.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let content = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&content)
        .with_context(|| format!("cannot understand {}", path.display()))
}

/// Trains and calibrates; also indexes the songs' genres by the vocabulary it makes.
pub fn train(
    config: &TrainConfig,
    songs: &mut [Labelled],
    estimator: &Estimator,
) -> Result<Trained> {
    let genre_terms = songs::genre_terms(songs, config.genre_minimum);
    ensure!(
        !genre_terms.is_empty(),
        "no genre has {} training songs; the table needs a genre column",
        config.genre_minimum
    );
    songs::index_genres(songs, &GenreVocabulary::new(&genre_terms));
    let (training, calibrating) = (part(songs, Part::Train), part(songs, Part::Calibrate));
    ensure!(
        !training.is_empty() && !calibrating.is_empty(),
        "the table has too few artists to hold some out"
    );
    let genre_count = genre_terms.len();
    let mut examples: Vec<Example<'_>> = training.iter().copied().map(Example::of).collect();
    if let Some(teacher) = &config.teacher {
        teacher::teach(teacher, &mut examples, genre_count, estimator, config.seed)?;
    }
    let plan = Plan {
        fit: &config.fit,
        network: &config.network,
        knowledge: &config.knowledge,
        estimator,
        terms: genre_count,
        seed: config.seed,
    };
    let network = fit::fit(&plan, &examples)?;
    let calibration = conformal::calibrate(
        |sights| Ok(fit::answer(&network, sights.iter().cloned(), genre_count)),
        &calibrating,
        &config.knowledge,
        estimator,
        config.seed,
    )?;
    Ok(Trained {
        network,
        genre_terms,
        calibration,
    })
}

pub fn part(songs: &[Labelled], part: Part) -> Vec<&Labelled> {
    songs.iter().filter(|song| song.part == part).collect()
}

/// Writes the model, its configuration and the reference distributions, and names them in the
/// manifest.
fn write(out: &Path, config: &TrainConfig, trained: &Trained, songs: &[Labelled]) -> Result<()> {
    let onnx = artifact::onnx(&trained.network, trained.genre_terms.len())?;
    let entry = PopularityEntry {
        file: artifact::write(out, MODEL_FILE, &onnx)?,
        columns_version: COLUMNS_VERSION,
        columns: Column::all().into_iter().map(Column::name).collect(),
        genre_terms: trained.genre_terms.clone(),
        levels: LEVELS.to_vec(),
        calibration: trained.calibration.clone(),
    };
    let reference = serde_json::to_vec(&reference::of(songs))?;
    let reference: FileEntry = artifact::write(out, REFERENCE_FILE, &reference)?;
    artifact::set_manifest_entry(out, "popularity", &entry)?;
    artifact::set_manifest_entry(out, "reference", &reference)?;
    let config = serde_json::to_string_pretty(config)? + "\n";
    artifact::write(out, CONFIG_FILE, config.as_bytes())?;
    Ok(())
}

/// Scores for each of [`TOLD`]; with the artist's other songs, on those songs that have any.
fn scores(trained: &Trained, songs: &[&Labelled]) -> Vec<(&'static str, Scores)> {
    TOLD.into_iter()
        .map(|(name, told)| {
            let chosen: Vec<&Labelled> = songs
                .iter()
                .copied()
                .filter(|song| !told.contains(&Block::Artist) || song.song.artist.is_some())
                .collect();
            (name, Scores::of(&judge(trained, &chosen, told)))
        })
        .collect()
}

/// The calibrated predictions for `songs`, told of nothing but `told`.
pub fn judge(trained: &Trained, songs: &[&Labelled], told: &[Block]) -> Vec<Judged> {
    let sights: Vec<(Song, &[usize])> = songs
        .iter()
        .map(|labelled| {
            let song = Block::ALL
                .into_iter()
                .filter(|block| !told.contains(block))
                .fold(labelled.song.clone(), Song::without);
            let terms = labelled.terms(&song);
            (song, terms)
        })
        .collect();
    let answers = fit::answer(
        &trained.network,
        sights.iter().cloned(),
        trained.genre_terms.len(),
    );
    answers
        .into_iter()
        .zip(&sights)
        .zip(songs)
        .map(|((answer, (song, _)), labelled)| {
            let quantiles = trained.calibration.apply(song, &answer[1..]);
            Judged {
                truth: labelled.popularity,
                mean: answer[0].clamp(0.0, 100.0),
                quantiles: quantiles.unwrap_or_default(),
            }
        })
        .collect()
}
