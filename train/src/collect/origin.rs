//! The words of the command line: where to collect from, and how.

use std::path::PathBuf;

use super::manners::Manners;
use super::{deezer, reccobeats, spotify};

#[derive(clap::Args)]
pub struct CollectArgs {
    #[command(subcommand)]
    pub origin: Origin,
}

#[derive(clap::Subcommand)]
pub enum Origin {
    /// Track ids from a checkout of an archive of playlists (JSON per list)
    PlaylistArchive {
        #[command(flatten)]
        into: Place,
        /// The checkout
        #[arg(long)]
        archive: PathBuf,
        /// Only lists whose name holds this, whatever its case
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Tracks, artists, release dates, audio features and previews from Spotify's Web API
    ///
    /// Reads SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET from the environment or from a file.
    Spotify {
        #[command(flatten)]
        into: Place,
        #[command(flatten)]
        right: Right,
        #[command(flatten)]
        manners: Manners,
        /// A file that only you can read (mode 600), with lines SPOTIFY_CLIENT_ID=… and
        /// SPOTIFY_CLIENT_SECRET=…
        #[arg(long)]
        credentials: Option<PathBuf>,
        /// Add the tracks of this playlist, by its id; may be given several times
        #[arg(long)]
        playlist: Vec<String>,
        /// Download previews to this folder, where Spotify gives any
        #[arg(long)]
        previews: Option<PathBuf>,
        /// Where Spotify's Web API is
        #[arg(long, default_value = spotify::API)]
        api_url: String,
        /// Where Spotify gives tokens
        #[arg(long, default_value = spotify::ACCOUNTS)]
        accounts_url: String,
    },
    /// Rank, release date and preview from Deezer, by ISRC or else by title and artist
    Deezer {
        #[command(flatten)]
        into: Place,
        #[command(flatten)]
        right: Right,
        #[command(flatten)]
        manners: Manners,
        /// Download previews to this folder
        #[arg(long)]
        previews: Option<PathBuf>,
        /// Where Deezer's API is
        #[arg(long, default_value = deezer::API)]
        api_url: String,
    },
    /// Audio features from ReccoBeats, by Spotify id or else by ISRC
    Reccobeats {
        #[command(flatten)]
        into: Place,
        #[command(flatten)]
        manners: Manners,
        /// Where ReccoBeats' API is
        #[arg(long, default_value = reccobeats::API)]
        api_url: String,
    },
    /// A table that you have: CSV or Parquet with any of Spotify's usual columns
    Table {
        #[command(flatten)]
        into: Place,
        /// The table: CSV by its ending, otherwise Parquet
        #[arg(long)]
        table: PathBuf,
        #[command(flatten)]
        own: Own,
        /// What to call it among the sources [default: the file's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// Audio of your own, and a table that says what it is
    Folder {
        #[command(flatten)]
        into: Place,
        /// Folder of audio files, searched with all folders below it
        #[arg(long)]
        audio: PathBuf,
        /// CSV or Parquet with a column `file`, relative to the folder, beside a table's columns
        #[arg(long)]
        labels: Option<PathBuf>,
        #[command(flatten)]
        own: Own,
    },
    /// What is stored, by source
    Status {
        #[command(flatten)]
        into: Place,
    },
}

#[derive(clap::Args)]
pub struct Place {
    /// Folder of the catalogue
    #[arg(long)]
    pub catalogue: PathBuf,
}

#[derive(clap::Args)]
pub struct Right {
    /// Say that you have the permission to train that the source's terms ask for
    #[arg(long)]
    pub i_have_the_right_to_train: bool,
}

#[derive(clap::Args)]
pub struct Own {
    /// Under which licence you have it; kept beside every label
    #[arg(long)]
    pub licence: String,
    /// A column with an unusual name, as FIELD=COLUMN; may be given several times
    #[arg(long, value_parser = pair)]
    pub column: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(field, column)| (field.to_owned(), column.to_owned()))
        .ok_or_else(|| format!("`{text}` is not of the form FIELD=COLUMN"))
}
