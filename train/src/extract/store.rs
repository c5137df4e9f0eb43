//! What was extracted, on disk: files in the safetensors format, each with as many songs as fit.
//!
//! A part holds for every song the tensors `mel:FILE` `[frames, n_mels]` and `embedding:FILE` in
//! half precision and `features:FILE` `[11]` in single, and in its metadata the recipe and the list
//! of its songs. Parts are written whole or not at all, never changed, and in any order, so that any
//! number of jobs write into one folder.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use foretune::features::FEATURES_VERSION;
use foretune::mel::MelConfig;
use half::f16;
use safetensors::tensor::{Dtype, Metadata, TensorView};
use serde::{Deserialize, Serialize};

use crate::popularity::split;

/// Below the catalogue's folder.
pub const FOLDER: &str = "extracted";

const ENDING: &str = "safetensors";
const FORMAT: u32 = 1;

/// All that decides what is extracted of a song; parts of different recipes are not mixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    pub format: u32,
    pub mel: MelConfig,
    pub features_version: u32,
    /// Version of the models that heard the songs.
    pub models: String,
    /// Only this much of a song's middle, where not the whole.
    pub seconds: Option<f64>,
}

impl Recipe {
    pub fn new(models: &str, seconds: Option<f64>) -> Self {
        Self {
            format: FORMAT,
            mel: MelConfig::BACKBONE,
            features_version: FEATURES_VERSION,
            models: models.to_owned(),
            seconds,
        }
    }
}

/// A file as it was when it was extracted; another size or time makes it another file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    /// As the catalogue's table names it.
    pub file: String,
    pub bytes: u64,
    /// Milliseconds since 1970.
    pub modified: u64,
}

impl Stamp {
    /// `file` is relative to `root` unless it is absolute.
    pub fn of(root: &Path, file: &str) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(root.join(file))?;
        let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH);
        Ok(Self {
            file: file.to_owned(),
            bytes: metadata.len(),
            modified: modified.map_or(0, |time| time.as_millis() as u64),
        })
    }
}

/// One song's extract, before it is written.
pub struct Extract {
    pub stamp: Stamp,
    pub duration_seconds: f64,
    /// Row-major, `n_mels` to a frame.
    pub mel: Vec<f16>,
    pub embedding: Vec<f16>,
    pub features: [f32; 11],
}

impl Extract {
    pub fn bytes(&self) -> usize {
        2 * (self.mel.len() + self.embedding.len())
    }
}

#[derive(Serialize, Deserialize)]
struct Listed {
    #[serde(flatten)]
    stamp: Stamp,
    duration_seconds: f64,
}

/// Writes `songs` as a part; `shard` is part of its name, for whoever looks at the folder.
pub fn write_part(
    folder: &Path,
    shard: &str,
    recipe: &Recipe,
    songs: &[Extract],
    extracted_at: i64,
) -> Result<u64> {
    let listed: Vec<Listed> = songs
        .iter()
        .map(|song| Listed {
            stamp: song.stamp.clone(),
            duration_seconds: song.duration_seconds,
        })
        .collect();
    let listed = serde_json::to_string(&listed)?;
    let tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = songs
        .iter()
        .flat_map(|song| {
            let bands = recipe.mel.n_mels;
            let halves = |values: &[f16]| -> Vec<u8> {
                let mut bytes = Vec::with_capacity(2 * values.len());
                for value in values {
                    bytes.extend_from_slice(&value.to_le_bytes());
                }
                bytes
            };
            let name = |what: &str| format!("{what}:{}", song.stamp.file);
            let frames = song.mel.len() / bands;
            let features = song.features.iter().flat_map(|value| value.to_le_bytes());
            [
                (
                    name("mel"),
                    Dtype::F16,
                    vec![frames, bands],
                    halves(&song.mel),
                ),
                (
                    name("embedding"),
                    Dtype::F16,
                    vec![song.embedding.len()],
                    halves(&song.embedding),
                ),
                (name("features"), Dtype::F32, vec![11], features.collect()),
            ]
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, kind, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(*kind, shape.clone(), bytes)?))
        })
        .collect::<Result<Vec<_>>>()?;
    let metadata = HashMap::from([
        ("recipe".to_owned(), serde_json::to_string(recipe)?),
        ("extracted_at".to_owned(), extracted_at.to_string()),
        ("songs".to_owned(), listed.clone()),
    ]);
    let content = safetensors::serialize(views, Some(metadata))?;
    // Named by what is in it: a job that is run twice writes the same name twice.
    let digest = split::hash(&listed);
    let path = folder.join(format!("{shard}-{digest:016x}.{ENDING}"));
    let part = path.with_extension("part");
    std::fs::write(&part, &content).with_context(|| format!("cannot write {}", part.display()))?;
    std::fs::rename(&part, &path)?;
    Ok(content.len() as u64)
}

/// Where one song's extract is.
#[derive(Debug, Clone)]
pub struct Stored {
    part: Arc<PathBuf>,
    pub stamp: Stamp,
    pub duration_seconds: f64,
    pub frames: usize,
    bands: usize,
    mel_at: u64,
    embedding_at: u64,
    embedding_width: usize,
    features_at: u64,
    extracted_at: i64,
}

/// All that is in a folder of parts; only the parts' headers are held.
#[derive(Default)]
pub struct Extracted {
    pub recipe: Option<Recipe>,
    songs: HashMap<String, Stored>,
}

impl Extracted {
    /// A folder that is not there is empty.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut extracted = Self::default();
        if !folder.exists() {
            return Ok(extracted);
        }
        let mut parts: Vec<PathBuf> = std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        parts.retain(|path| path.extension().is_some_and(|ending| ending == ENDING));
        parts.sort();
        for part in parts {
            extracted.read_part(&part).with_context(|| {
                format!(
                    "{} cannot be read; remove it, and extract again",
                    part.display()
                )
            })?;
        }
        Ok(extracted)
    }

    fn read_part(&mut self, path: &Path) -> Result<()> {
        let mut file = File::open(path)?;
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        ensure!(length <= file.metadata()?.len(), "its header is cut off");
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header)?;
        // The library's own reader wants all of the file.
        let tensors: Metadata = serde_json::from_slice(&header)?;
        let metadata = tensors.metadata().as_ref().context("it has no metadata")?;
        let of = |name: &str| {
            metadata
                .get(name)
                .with_context(|| format!("it has no {name}"))
        };
        let recipe: Recipe = serde_json::from_str(of("recipe")?)?;
        if let Some(known) = &self.recipe {
            ensure!(
                *known == recipe,
                "its recipe is another than the other parts': {recipe:?}, expected {known:?}"
            );
        }
        let extracted_at: i64 = of("extracted_at")?.parse()?;
        let listed: Vec<Listed> = serde_json::from_str(of("songs")?)?;
        let part = Arc::new(path.to_owned());
        let data = length + 8;
        for Listed {
            stamp,
            duration_seconds,
        } in listed
        {
            let tensor = |what: &str| {
                let info = tensors.info(&format!("{what}:{}", stamp.file));
                info.with_context(|| format!("it has no {what} of {}", stamp.file))
            };
            let (mel, embedding) = (tensor("mel")?, tensor("embedding")?);
            ensure!(
                mel.shape.len() == 2 && mel.shape[1] == recipe.mel.n_mels,
                "a mel of shape {:?}",
                mel.shape
            );
            let song = Stored {
                part: Arc::clone(&part),
                duration_seconds,
                frames: mel.shape[0],
                bands: mel.shape[1],
                mel_at: data + mel.data_offsets.0 as u64,
                embedding_at: data + embedding.data_offsets.0 as u64,
                embedding_width: embedding.shape.iter().product(),
                features_at: data + tensor("features")?.data_offsets.0 as u64,
                extracted_at,
                stamp,
            };
            let newer = |known: &Stored| known.extracted_at < extracted_at;
            if self.songs.get(&song.stamp.file).is_none_or(newer) {
                self.songs.insert(song.stamp.file.clone(), song);
            }
        }
        self.recipe = Some(recipe);
        Ok(())
    }

    pub fn get(&self, file: &str) -> Option<&Stored> {
        self.songs.get(file)
    }

    /// Whether the file was extracted as it is now.
    pub fn has(&self, stamp: &Stamp) -> bool {
        self.get(&stamp.file)
            .is_some_and(|song| song.stamp == *stamp)
    }
}

impl Stored {
    /// `count` frames from frame `start` on, row-major.
    pub fn mel(&self, start: usize, count: usize) -> Result<Vec<f16>> {
        ensure!(start + count <= self.frames, "frames beyond the end");
        let frame = 2 * self.bands as u64;
        self.halves(self.mel_at + start as u64 * frame, count * self.bands)
    }

    /// The backbone's, pooled over the song.
    pub fn embedding(&self) -> Result<Vec<f16>> {
        self.halves(self.embedding_at, self.embedding_width)
    }

    /// As the models estimated them.
    pub fn features(&self) -> Result<[f32; 11]> {
        let bytes = self.read(self.features_at, 4 * 11)?;
        let mut features = [0.0; 11];
        for (feature, bytes) in features.iter_mut().zip(bytes.chunks_exact(4)) {
            *feature = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        Ok(features)
    }

    fn halves(&self, at: u64, count: usize) -> Result<Vec<f16>> {
        let bytes = self.read(at, 2 * count)?;
        let pairs = bytes.chunks_exact(2);
        Ok(pairs
            .map(|pair| f16::from_le_bytes([pair[0], pair[1]]))
            .collect())
    }

    /// Opened anew for every read: a catalogue may have more parts than a process may hold open.
    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>> {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&*self.part)?;
            file.seek(SeekFrom::Start(at))?;
            let mut bytes = vec![0; length];
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        read().with_context(|| format!("cannot read {}", self.part.display()))
    }
}
