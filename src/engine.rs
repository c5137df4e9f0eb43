//! The engine: every stage of a song's journey as a method, and `analyze`, which only composes them.

use ndarray::{Array2, Axis, Slice};
use serde::Serialize;

use crate::backbone::{Backbone, Embedding};
use crate::clip::Clip;
use crate::error::{Error, Result};
use crate::features::statistics::Statistics;
use crate::features::{Features, SignalFeatures};
use crate::front_end::Processed;
use crate::heads::Heads;
use crate::measurements::Measurements;
use crate::mel::MelConfig;
use crate::model::{Manifest, ModelFiles};
use crate::popularity::explain::Explanation;
use crate::popularity::heard::Heard;
use crate::popularity::{Context, Popularity, PopularityModel};
use crate::prediction::{Prediction, WindowEstimate};

/// The stages of [`Engine::analyze`], in order; what a progress report names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Spectrogram,
    Signal,
    Listening,
    Predicting,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Spectrogram => "spectrogram",
            Self::Signal => "signal",
            Self::Listening => "listening",
            Self::Predicting => "predicting",
        }
    }
}

/// Receives the stage at work and how much of the whole is done, 0 to 1; answers whether to go on.
pub type Progress<'a> = dyn FnMut(Stage, f32) -> bool + 'a;

/// What the backbone heard in the window that begins at frame `start` of the spectrogram.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardWindow {
    pub start: usize,
    pub embedding: Embedding,
}

/// A song's answer, and the spectrogram it was given from, for whoever wants to draw it.
#[derive(Debug, Clone)]
pub struct Analysis {
    pub prediction: Prediction,
    /// `[frames, n_mels]` of log mel power at [`MelConfig::BACKBONE`].
    pub log_mel: Array2<f32>,
}

/// The pipeline with its models loaded. Loading is slow and analysing is not: keep one.
#[derive(Debug)]
pub struct Engine {
    version: String,
    backbone: Backbone,
    heads: Heads,
    popularity: PopularityModel,
}

impl Engine {
    /// Loads what `manifest` names from `files`, checking hashes, versions and shapes.
    pub fn load(manifest: &Manifest, files: &ModelFiles) -> Result<Self> {
        Ok(Self {
            version: manifest.version.clone(),
            backbone: Backbone::load(&manifest.backbone, files)?,
            heads: Heads::load(&manifest.heads, files)?,
            popularity: PopularityModel::load(&manifest.popularity, &manifest.reference, files)?,
        })
    }

    /// Version of the loaded models.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The whole journey. `progress` is called before every stage and every window.
    pub fn analyze(
        &self,
        clip: &Clip,
        context: &Context,
        progress: &mut Progress<'_>,
    ) -> Result<Analysis> {
        let mut report = |stage, done| {
            if progress(stage, done) {
                Ok(())
            } else {
                Err(Error::Cancelled)
            }
        };
        report(Stage::Spectrogram, 0.0)?;
        let before_measuring = || report(Stage::Signal, 0.1);
        let (log_mel, measurements) = Processed::of(clip, before_measuring)?.into_parts();

        let starts = self.window_starts(log_mel.nrows());
        let mut heard = Vec::with_capacity(starts.len());
        for (index, &start) in starts.iter().enumerate() {
            report(
                Stage::Listening,
                0.2 + 0.75 * index as f32 / starts.len() as f32,
            )?;
            heard.push(self.listen(&log_mel, start)?);
        }

        report(Stage::Predicting, 0.95)?;
        let prediction = self.conclude(&measurements, &heard, context)?;
        Ok(Analysis {
            prediction,
            log_mel,
        })
    }

    /// First frames of the windows to hear: as few as cover a spectrogram of `frames`, evenly
    /// spaced, so that no passage counts for more than another; none below one window.
    pub fn window_starts(&self, frames: usize) -> Vec<usize> {
        let length = self.backbone.window_frames();
        if frames < length {
            return Vec::new();
        }
        let last = frames - length;
        let count = frames.div_ceil(length);
        (0..count)
            .map(|index| match count {
                1 => 0,
                _ => index * last / (count - 1),
            })
            .collect()
    }

    /// Frames that the backbone hears at a time.
    pub fn window_frames(&self) -> usize {
        self.backbone.window_frames()
    }

    /// The backbone on one window of log mel power, row-major `[window_frames, n_mels]`.
    pub fn embed(&self, window: Vec<f32>) -> Result<Embedding> {
        let bands = MelConfig::BACKBONE.n_mels;
        let samples = window.len();
        let window = Array2::from_shape_vec((samples / bands, bands), window).map_err(|_| {
            Error::InvalidInput {
                field: "window".into(),
                actual: format!("{samples} values"),
                expected: format!("rows of {bands}"),
            }
        })?;
        self.backbone.embed(window.view())
    }

    /// Windows from their starts and their embeddings one after another, as [`Embedding::to_vec`]
    /// gives them.
    pub fn heard_windows(&self, starts: &[u32], embeddings: &[f32]) -> Result<Vec<HeardWindow>> {
        let width = self.backbone.embedding_width();
        if embeddings.len() != starts.len() * width {
            return Err(Error::InvalidInput {
                field: "embeddings".into(),
                actual: format!("{} values", embeddings.len()),
                expected: format!("{width} for each of {} windows", starts.len()),
            });
        }
        Ok(starts
            .iter()
            .zip(embeddings.chunks_exact(width))
            .map(|(&start, values)| HeardWindow {
                start: start as usize,
                embedding: self.backbone.embedding(values),
            })
            .collect())
    }

    /// The backbone on the window of `log_mel` that begins at frame `start`.
    pub fn listen(&self, log_mel: &Array2<f32>, start: usize) -> Result<HeardWindow> {
        let end = (start + self.backbone.window_frames()).min(log_mel.nrows());
        let window = log_mel.slice_axis(Axis(0), Slice::from(start.min(end)..end));
        Ok(HeardWindow {
            start,
            embedding: self.backbone.embed(window)?,
        })
    }

    /// The answer, from what was measured and what was heard in the windows of `heard`, which are in
    /// the order of time. With some of a song's windows it is a first estimate.
    pub fn conclude(
        &self,
        measurements: &Measurements,
        heard: &[HeardWindow],
        context: &Context,
    ) -> Result<Prediction> {
        let Measurements {
            duration_seconds,
            signal,
            statistics,
            curves,
            structure,
        } = measurements;
        let predict = |embedding: &Embedding| -> Result<(Features, Popularity)> {
            let features = self.features(embedding, statistics, signal)?;
            let duration_seconds = Some(*duration_seconds as f32);
            let heard = self.heard(embedding);
            let popularity =
                self.popularity(&features, duration_seconds, heard.as_ref(), context)?;
            Ok((features, popularity))
        };
        let pooled = Embedding::mean(heard.iter().map(|window| &window.embedding)).ok_or(
            Error::TooShort {
                seconds: *duration_seconds,
                minimum_seconds: crate::clip::MIN_SECONDS,
            },
        )?;
        let (features, popularity) = predict(&pooled)?;
        let hop_seconds = MelConfig::BACKBONE.hop_seconds();
        let window_seconds = self.backbone.window_frames() as f64 * hop_seconds;
        let windows = heard
            .iter()
            .map(|window| {
                let start_seconds = window.start as f64 * hop_seconds;
                Ok(WindowEstimate {
                    start_seconds,
                    end_seconds: (start_seconds + window_seconds).min(*duration_seconds),
                    p50: predict(&window.embedding)?.1.p50,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Prediction {
            duration_seconds: *duration_seconds,
            popularity,
            features,
            signal: signal.clone(),
            windows,
            curves: curves.clone(),
            structure: structure.clone(),
            tags: self.tags(&pooled),
            heard: self.heard(&pooled),
            warnings: Vec::new(),
            model: self.version.clone(),
        })
    }

    /// The eleven features: seven by the heads, four from the signal.
    pub fn features(
        &self,
        pooled: &Embedding,
        statistics: &Statistics,
        signal: &SignalFeatures,
    ) -> Result<Features> {
        let [
            acousticness,
            danceability,
            energy,
            instrumentalness,
            liveness,
            speechiness,
            valence,
        ] = self.heads.estimate(pooled, statistics)?;
        Ok(Features {
            danceability,
            energy,
            key: signal.key.pitch_class,
            loudness: signal.loudness.spotify_db,
            mode: signal.key.mode,
            speechiness,
            acousticness,
            instrumentalness,
            liveness,
            valence,
            tempo: signal.tempo.bpm,
        })
    }

    /// What is heard beyond the features; `None` where the backbone lacks one of the tags.
    pub fn heard(&self, pooled: &Embedding) -> Option<Heard> {
        Heard::from_logits(self.backbone.tags(), &pooled.logits)
    }

    /// Popularity from features and whatever else is known.
    pub fn popularity(
        &self,
        features: &Features,
        duration_seconds: Option<f32>,
        heard: Option<&Heard>,
        context: &Context,
    ) -> Result<Popularity> {
        self.popularity
            .predict(features, duration_seconds, heard, context)
    }

    /// How many points each of the features adds to [`Self::popularity`], given all the rest.
    pub fn explain(
        &self,
        features: &Features,
        duration_seconds: Option<f32>,
        heard: Option<&Heard>,
        context: &Context,
    ) -> Result<Explanation> {
        self.popularity
            .explain(features, duration_seconds, heard, context)
    }

    /// Every tag with its probability, strongest first.
    pub fn tags(&self, pooled: &Embedding) -> Vec<(String, f32)> {
        let mut tags: Vec<(String, f32)> = self
            .backbone
            .tags()
            .iter()
            .zip(&pooled.logits)
            .map(|(name, logit)| (name.clone(), 1.0 / (1.0 + (-logit).exp())))
            .collect();
        tags.sort_by(|a, b| b.1.total_cmp(&a.1));
        tags
    }
}
