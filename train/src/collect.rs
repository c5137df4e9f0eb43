//! Collecting a catalogue: what many sources say of the same recordings, each label with its
//! source, the time it was fetched and a note on its licence.
//!
//! Everything goes into one SQLite file in the catalogue's folder. A run asks only what is not
//! stored yet, so any run may be broken off and started again; see `train/COLLECTING.md`.

mod answer;
mod archive;
mod credentials;
mod deezer;
pub mod error;
mod files;
mod folder;
mod http;
pub mod identity;
mod limit;
mod manners;
mod origin;
mod previews;
mod reccobeats;
pub mod record;
mod run;
pub mod source;
mod spotify;
mod status;
pub mod store;
mod table;
mod terms;
mod url;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, anyhow};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use credentials::Credentials;
use error::Error;
use http::Client;
use manners::Manners;
use origin::{Origin, Place, Right};
use run::Run;
use source::Source;
use store::Store;
use url::base_url;

pub use files::{AUDIO_ENDINGS, below as files_below};
pub use origin::CollectArgs;

/// Of sysexits.h: not now, but the same command later.
const TEMPORARY_FAILURE: u8 = 75;

pub fn run(args: CollectArgs) -> anyhow::Result<ExitCode> {
    collect(args.origin).or_else(|error| match error.downcast_ref() {
        Some(known) => Ok(tell(known)),
        None => Err(error),
    })
}

fn tell(error: &Error) -> ExitCode {
    eprintln!("{error} [{}]", error.code());
    if error.is_resumable() {
        return ExitCode::from(TEMPORARY_FAILURE);
    }
    ExitCode::FAILURE
}

fn collect(origin: Origin) -> anyhow::Result<ExitCode> {
    let interrupted = &Arc::new(AtomicBool::new(false));
    match origin {
        Origin::PlaylistArchive {
            into,
            archive,
            name,
        } => {
            let source = archive::PlaylistArchive {
                folder: archive,
                pattern: name,
            };
            from_this_machine(&into, &source)
        }
        Origin::Table {
            into,
            table,
            own,
            name,
        } => {
            let columns = columns_of(&table, &own.column)?;
            let stem = table
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned());
            let name = name.or(stem).unwrap_or_default();
            let source = table::Table {
                name: format!("table:{name}"),
                path: table,
                licence: own.licence,
                columns,
            };
            from_this_machine(&into, &source)
        }
        Origin::Folder {
            into,
            audio,
            labels,
            own,
        } => {
            let labels = labels
                .map(|labels| anyhow::Ok((labels.clone(), columns_of(&labels, &own.column)?)))
                .transpose()?;
            let source = folder::Folder {
                audio,
                labels,
                licence: own.licence,
            };
            from_this_machine(&into, &source)
        }
        Origin::Spotify {
            into,
            right,
            manners,
            credentials,
            playlist,
            previews,
            api_url,
            accounts_url,
        } => {
            let (api, accounts) = (base_url(&api_url)?, base_url(&accounts_url)?);
            stated(&terms::spotify(), "spotify", &right)?;
            let source = spotify::Spotify::new(
                Client::new(&manners, spotify::LIMIT, interrupted),
                api,
                &accounts,
                &Credentials::find(credentials.as_deref())?,
                playlist,
                previews,
            );
            over_the_network(&into, &source, &manners, interrupted)
        }
        Origin::Deezer {
            into,
            right,
            manners,
            previews,
            api_url,
        } => {
            let source = deezer::Deezer {
                client: Client::new(&manners, deezer::LIMIT, interrupted),
                api: base_url(&api_url)?,
                previews,
            };
            stated(&source.terms(), source.name(), &right)?;
            over_the_network(&into, &source, &manners, interrupted)
        }
        Origin::Reccobeats {
            into,
            manners,
            api_url,
        } => {
            let source = reccobeats::ReccoBeats {
                client: Client::new(&manners, reccobeats::LIMIT, interrupted),
                api: base_url(&api_url)?,
            };
            eprint!("{}", source.terms().in_words(source.name()));
            over_the_network(&into, &source, &manners, interrupted)
        }
        Origin::Status { into } => {
            print!("{}", status::status(&Store::existing(&into.catalogue)?)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Shows the terms; refuses where they need a permission that nobody says is there.
fn stated(terms: &terms::Terms, name: &str, right: &Right) -> Result<(), Error> {
    eprint!("{}", terms.in_words(name));
    if terms.needs_permission_to_train && !right.i_have_the_right_to_train {
        return Err(Error::RightNotStated {
            source_name: name.to_owned(),
        });
    }
    Ok(())
}

fn columns_of(path: &Path, told: &[(String, String)]) -> anyhow::Result<table::Columns> {
    let header = crate::table::columns(path)?;
    table::Columns::find(&header, told)
        .map_err(|reason| anyhow!("{reason}"))
        .with_context(|| format!("{} cannot be used", path.display()))
}

fn from_this_machine(into: &Place, source: &dyn Source) -> anyhow::Result<ExitCode> {
    static NEVER: AtomicBool = AtomicBool::new(false);
    eprint!("{}", source.terms().in_words(source.name()));
    finish(
        into,
        &Run {
            source,
            concurrency: 1,
            now: false,
            interrupted: &NEVER,
        },
    )
}

fn over_the_network(
    into: &Place,
    source: &dyn Source,
    manners: &Manners,
    interrupted: &Arc<AtomicBool>,
) -> anyhow::Result<ExitCode> {
    // The first Ctrl-C lets what is under way end and be stored; a second one ends at once, which
    // loses nothing that was stored.
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, Arc::clone(interrupted))?;
        flag::register(signal, Arc::clone(interrupted))?;
    }
    finish(
        into,
        &Run {
            source,
            concurrency: usize::from(manners.concurrency),
            now: manners.now,
            interrupted,
        },
    )
}

fn finish(into: &Place, run: &Run<'_>) -> anyhow::Result<ExitCode> {
    let mut store = Store::open(&into.catalogue)?;
    let (summary, outcome) = run.run(&into.catalogue, &mut store);
    println!(
        "{}: {} answered, {} unknown there, {} records stored, {} left to a later run",
        run.source.name(),
        summary.found,
        summary.absent,
        summary.records,
        summary.failed
    );
    for words in &summary.unavailable {
        println!("{words} [endpoint_unavailable]");
    }
    match (outcome, summary.last_failure) {
        (Err(error), _) => Ok(tell(&error)),
        (Ok(()), Some(failure)) => {
            eprintln!("{failure} [{}]", failure.code());
            Ok(ExitCode::from(TEMPORARY_FAILURE))
        }
        (Ok(()), None) => Ok(ExitCode::SUCCESS),
    }
}
