//! Deezer's public API: rank, release date and preview, by ISRC or else by title and artist.

mod read;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;

use super::answer::{list, refused, text};
use super::error::Result;
use super::http::{Client, Verdict};
use super::identity::{artist_key, title_key};
use super::manners::Limit;
use super::previews;
use super::record::Record;
use super::source::{Emit, Piece, Question, Source};
use super::store::Store;
use super::terms::{self, Terms};
use super::url::escaped;
use read::{error_code, track};

pub const API: &str = "https://api.deezer.com";

/// As documented, for one address.
pub const LIMIT: Limit = Limit {
    requests: 50,
    window: Duration::from_secs(5),
};

const TRACKS: &str = "tracks";
const SEARCH: &str = "search";
const PREVIEWS: &str = "previews";

/// Codes of errors that come with status 200.
const QUOTA_LIMIT: u64 = 4;
const BUSY: u64 = 700;
const NOT_FOUND: u64 = 800;

pub struct Deezer<'a> {
    pub client: Client<'a>,
    pub api: String,
    pub previews: Option<PathBuf>,
}

impl Source for Deezer<'_> {
    fn name(&self) -> &str {
        "deezer"
    }

    fn terms(&self) -> Terms {
        terms::deezer()
    }

    fn window(&self) -> Duration {
        self.client.window()
    }

    fn stages(&self) -> Vec<&'static str> {
        let mut stages = vec![TRACKS, SEARCH];
        if self.previews.is_some() {
            stages.push(PREVIEWS);
        }
        stages
    }

    fn plan(&self, stage: &str, store: &Store) -> Result<Vec<Question>> {
        let (stage, query) = match stage {
            TRACKS => (
                TRACKS,
                "SELECT DISTINCT isrc FROM record
                 WHERE isrc IS NOT NULL AND source <> 'deezer' ORDER BY isrc",
            ),
            // Those of which no source knows an ISRC.
            SEARCH => (
                SEARCH,
                "SELECT artist_key || '/' || title_key, min(artist || char(10) || title)
                 FROM record
                 WHERE kind = 'track' AND artist_key IS NOT NULL AND title_key IS NOT NULL
                     AND isrc IS NULL AND source <> 'deezer'
                     AND NOT EXISTS (
                         SELECT 1 FROM record AS other
                         WHERE other.spotify_id = record.spotify_id AND other.isrc IS NOT NULL)
                 GROUP BY artist_key, title_key ORDER BY 1",
            ),
            // Addresses of previews expire, so each is asked for when it is downloaded.
            _ => (
                PREVIEWS,
                "SELECT key FROM label JOIN record ON record.id = record
                 WHERE source = 'deezer' AND field = 'has_preview' ORDER BY key",
            ),
        };
        let items = store.unsettled(self.name(), stage, store.items(query)?)?;
        Ok(Question::batches(stage, items, 1))
    }

    fn ask(&self, question: &Question, emit: &mut Emit<'_>) -> Result<()> {
        for item in &question.items {
            let record = match question.stage {
                TRACKS => self.by_path(&format!("track/isrc:{}", item.key))?,
                SEARCH => self.by_name(&item.detail)?,
                _ => self.preview(&item.key)?,
            };
            let mut piece = Piece::default();
            piece.settle(question.stage, &item.key, record);
            emit(piece)?;
        }
        Ok(())
    }
}

impl Deezer<'_> {
    fn get(&self, path: &str) -> Result<Option<Json>> {
        let url = format!("{}/{path}", self.api);
        match self.client.json(&url, None, judge)? {
            Ok(answer) if error_code(&answer).is_some() => Ok(None),
            Ok(answer) => Ok(Some(answer)),
            Err(404) => Ok(None),
            Err(status) => Err(refused(&url, status)),
        }
    }

    fn by_path(&self, path: &str) -> Result<Option<Record>> {
        Ok(self.get(path)?.as_ref().and_then(track))
    }

    /// The first track found that has the artist and the title, whatever the release.
    fn by_name(&self, artist_and_title: &str) -> Result<Option<Record>> {
        let (artist, title) = artist_and_title.split_once('\n').unwrap_or_default();
        let quoted = |name: &str| name.replace('"', " ");
        let query = format!("artist:\"{}\" track:\"{}\"", quoted(artist), quoted(title));
        let path = format!("search/track?limit=10&q={}", escaped(&query));
        let Some(answer) = self.get(&path)? else {
            return Ok(None);
        };
        let found = list(&answer, "data", &format!("{}/{path}", self.api))?;
        let wanted = (artist_key(artist), title_key(title));
        let same = found.iter().filter_map(track).find(|record| {
            let identity = &record.identity;
            let found = (
                identity.artist.as_deref().and_then(artist_key),
                identity.title.as_deref().and_then(title_key),
            );
            found == wanted
        });
        // A search tells neither the ISRC nor the date.
        match same {
            Some(same) => self.by_path(&format!("track/{}", same.key)),
            None => Ok(None),
        }
    }

    fn preview(&self, id: &str) -> Result<Option<Record>> {
        let Some(folder) = &self.previews else {
            return Ok(None);
        };
        let answer = self.get(&format!("track/{id}"))?;
        let Some(url) = answer.as_ref().and_then(|answer| text(answer, "preview")) else {
            return Ok(None);
        };
        previews::download(&self.client, url, folder, &format!("deezer-{id}"), id)
    }
}

/// Deezer answers with status 200 whatever happens, and says in the body what did.
fn judge(answer: &Json) -> Verdict {
    match (error_code(answer), answer.get("error")) {
        (Some(QUOTA_LIMIT), _) => Verdict::TooFast,
        (Some(NOT_FOUND), _) | (None, None) => Verdict::Good,
        (Some(BUSY), _) => Verdict::Bad("the service is busy (code 700)".into()),
        (Some(code), _) => Verdict::Bad(format!(
            "an error of code {code} in an answer of status 200"
        )),
        (None, Some(_)) => Verdict::Bad("an error in an answer of status 200".into()),
    }
}
