//! `foretune-train`: makes, measures and runs Foretune's models natively.

mod card;
mod catalogue;
mod collect;
mod decode;
mod distill;
mod evaluate;
mod extract;
mod graph;
mod heads;
mod plot;
mod popularity;
mod predict;
mod predict_table;
mod prepare;
mod progress;
mod render;
mod signal;
mod table;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "foretune-train", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Collect a catalogue: what many sources say of the same recordings
    Collect(collect::CollectArgs),
    /// Train the popularity model on a table of songs
    Train(popularity::TrainArgs),
    /// Calibrate the trained popularity model anew, as after new heads
    Calibrate(popularity::recalibrate::CalibrateArgs),
    /// Make the backbone from its teacher, and cut the heads to it
    Distill(distill::DistillArgs),
    /// Train the heads that estimate the perceptual features
    Heads(heads::HeadsArgs),
    /// Decode a catalogue's audio once: spectrograms and features, for training to stream
    Extract(extract::ExtractArgs),
    /// Measure the models and write the tables of the model card
    Evaluate(evaluate::EvaluateArgs),
    /// Clean what was collected into a data set with a datasheet
    Prepare(prepare::PrepareArgs),
    /// Predict songs, or the rows of a table
    Predict(predict::PredictArgs),
    /// Render songs of known tempo and key
    Render(render::RenderArgs),
    /// Measure tempo and key on songs of known truth, or fit the weights they choose by
    Signal(signal::SignalArgs),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    end_with_its_reader();
    match Cli::parse().command {
        Command::Collect(args) => collect::run(args),
        Command::Train(args) => popularity::run(args),
        Command::Calibrate(args) => popularity::recalibrate::run(args),
        Command::Distill(args) => distill::run(args),
        Command::Heads(args) => heads::run(args),
        Command::Extract(args) => extract::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Prepare(args) => prepare::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Render(args) => render::run(args),
        Command::Signal(args) => signal::run(args),
    }
}

/// Whoever reads the output may have enough of it, as `head` does; `println!` panics then.
fn end_with_its_reader() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            // As a shell tells of a program that SIGPIPE ended: 128 + 13.
            std::process::exit(141);
        }
        report(panic);
    }));
}
