//! Predicting songs, one JSON object a line, or the rows of a table.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use foretune::error::Warning;
use foretune::model::{MANIFEST_FILE, Manifest, ModelFiles};
use foretune::{Context, Engine, Features, Popularity, Prediction};
use serde::Serialize;

use crate::decode::decode_file;
use crate::predict_table::predict_table;

#[derive(clap::Args)]
pub struct PredictArgs {
    /// Audio files: MP3, M4A/AAC, FLAC, Ogg Vorbis or Opus, WAV, AIFF
    #[arg(required_unless_present = "table", conflicts_with = "table")]
    songs: Vec<PathBuf>,
    /// One JSON object a line instead of sentences
    #[arg(long)]
    json: bool,
    /// Parquet or CSV with the eleven features as columns, instead of songs
    #[arg(long, requires = "out")]
    table: Option<PathBuf>,
    /// Where the table's predictions go, as CSV: p10,p50,p90,mean in the order of the rows
    #[arg(long, requires = "table")]
    out: Option<PathBuf>,
    /// Folder of the models and their manifest
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Release year of the songs
    #[arg(long)]
    year: Option<u16>,
    /// Genre of the songs
    #[arg(long)]
    genre: Option<String>,
    /// Whether the lyrics are explicit
    #[arg(long)]
    explicit: Option<bool>,
    /// Mean popularity of the artist's other songs, 0 to 100
    #[arg(long)]
    artist_usual_popularity: Option<f32>,
    /// How many songs that mean is over
    #[arg(long, requires = "artist_usual_popularity")]
    artist_other_songs: Option<u32>,
}

/// A song's line of JSON.
#[derive(Serialize)]
struct Answer<'a> {
    file: &'a str,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Answered(Box<Prediction>),
    Failed { error: Failure },
}

#[derive(Serialize)]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
}

/// Exit status 0 only if every song was answered.
pub fn run(args: PredictArgs) -> anyhow::Result<ExitCode> {
    if let (Some(table), Some(out)) = (&args.table, &args.out) {
        let rows = predict_table(&args.models, table, out)?;
        eprintln!("{rows} rows predicted");
        return Ok(ExitCode::SUCCESS);
    }
    let engine = load_engine(&args.models)?;
    let context = Context {
        year: args.year,
        explicit: args.explicit,
        genre: args.genre,
        artist_usual_popularity: args.artist_usual_popularity,
        artist_other_songs: args.artist_other_songs,
    };
    let mut all_answered = true;
    for song in &args.songs {
        let outcome = match predict_song(&engine, song, &context) {
            Ok(prediction) => Outcome::Answered(Box::new(prediction)),
            Err(error) => Outcome::Failed {
                error: describe(&error),
            },
        };
        all_answered &= matches!(outcome, Outcome::Answered(_));
        let file = song.to_string_lossy();
        if args.json {
            let line = Answer {
                file: &file,
                outcome,
            };
            println!("{}", serde_json::to_string(&line)?);
        } else {
            match outcome {
                Outcome::Answered(prediction) => print_sentences(&file, &prediction),
                Outcome::Failed { error } => println!("{file}: {} [{}]", error.message, error.code),
            }
        }
    }
    Ok(if all_answered {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Loads the engine from a models folder.
pub fn load_engine(models: &Path) -> anyhow::Result<Engine> {
    let read = |file: &str| {
        let path = models.join(file);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let manifest = Manifest::parse(&read(MANIFEST_FILE)?)?;
    let mut files = ModelFiles::new();
    for entry in manifest.files() {
        files.insert(entry.file.clone(), read(&entry.file)?);
    }
    Ok(Engine::load(&manifest, &files)?)
}

fn predict_song(engine: &Engine, song: &Path, context: &Context) -> anyhow::Result<Prediction> {
    let decoded = decode_file(song)?;
    let analysis = engine.analyze(&decoded.clip, context, &mut |_, _| true)?;
    Ok(Prediction {
        warnings: decoded.warnings,
        ..analysis.prediction
    })
}

/// A code and a sentence for anything that kept a song from being answered.
pub fn describe(error: &anyhow::Error) -> Failure {
    match error.downcast_ref::<foretune::Error>() {
        Some(known) => Failure {
            code: known.code(),
            message: known.to_string(),
        },
        None => Failure {
            code: "unreadable_file",
            message: format!(
                "The file could not be read: {error:#}. Check its name and permissions."
            ),
        },
    }
}

fn print_sentences(file: &str, prediction: &Prediction) {
    let Prediction {
        popularity:
            Popularity {
                mean,
                p10,
                p50,
                p90,
                percentile,
                ..
            },
        features:
            Features {
                danceability,
                energy,
                valence,
                ..
            },
        signal,
        tags,
        ..
    } = prediction;
    println!(
        "{file}: popularity {p50:.0} (80 % of such songs land between {p10:.0} and {p90:.0}; mean {mean:.0}; above {percentile:.0} % of songs)"
    );
    println!(
        "  {:.0} BPM, {}, {:.1} LUFS; danceability {danceability:.2}, energy {energy:.2}, valence {valence:.2}",
        signal.tempo.bpm, signal.key.name, signal.loudness.integrated_lufs
    );
    let heard: Vec<&str> = tags.iter().take(5).map(|(tag, _)| tag.as_str()).collect();
    println!("  sounds like: {}", heard.join(", "));
    for Warning { message, .. } in &prediction.warnings {
        println!("  note: {message}");
    }
}
