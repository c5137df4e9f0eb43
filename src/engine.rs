//! The engine: every stage of a song's journey as a method, and `analyze`, which only composes them.

use ndarray::{Array2, Axis, Slice};
use serde::Serialize;

use crate::backbone::{Backbone, Embedding};
use crate::clip::Clip;
use crate::error::{Error, Result};
use crate::features::statistics::Statistics;
use crate::features::{Features, SignalFeatures, key, loudness, tempo};
use crate::heads::Heads;
use crate::mel::{MelConfig, MelSpectrogram};
use crate::model::{Manifest, ModelFiles};
use crate::popularity::{Context, Popularity, PopularityModel};
use crate::prediction::Prediction;
use crate::resample::resample;

/// Rate at which tempo, key and statistics are computed: librosa's default, which the labelled
/// tables of statistics use.
pub const SIGNAL_RATE_HZ: u32 = 22_050;

/// Windows the backbone hears, spread evenly over the song. musicnn costs about a quarter of a
/// second a window in wasm, so a song is sampled rather than covered.
pub const MAX_WINDOWS: usize = 10;

/// Statistics are of this much of the song's middle, as in the tables the heads learn from.
pub const STATISTICS_SECONDS: usize = 30;

/// The stages of [`Engine::analyze`], in order; what a progress report names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Resampling,
    Spectrogram,
    Signal,
    Listening,
    Predicting,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Resampling => "resampling",
            Self::Spectrogram => "spectrogram",
            Self::Signal => "signal",
            Self::Listening => "listening",
            Self::Predicting => "predicting",
        }
    }
}

/// Receives the stage at work and how much of the whole is done, 0 to 1; answers whether to go on.
pub type Progress<'a> = dyn FnMut(Stage, f32) -> bool + 'a;

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
        report(Stage::Resampling, 0.0)?;
        let mono = clip.mono();
        let backbone_signal = resample(
            &mono,
            clip.sample_rate_hz(),
            MelConfig::BACKBONE.sample_rate_hz,
        )?;
        let signal = resample(&mono, clip.sample_rate_hz(), SIGNAL_RATE_HZ)?;
        drop(mono);

        report(Stage::Spectrogram, 0.05)?;
        let log_mel = self.log_mel(&backbone_signal);
        drop(backbone_signal);

        report(Stage::Signal, 0.1)?;
        let signal_features = self.signal_features(clip, &signal)?;
        let statistics = self.statistics(&signal);
        drop(signal);

        let starts = self.window_starts(log_mel.nrows());
        let mut windows = Vec::with_capacity(starts.len());
        for (index, &start) in starts.iter().enumerate() {
            report(
                Stage::Listening,
                0.2 + 0.75 * index as f32 / starts.len() as f32,
            )?;
            windows.push(self.embed(&log_mel, start)?);
        }
        let pooled = Embedding::mean(&windows).ok_or(Error::TooShort {
            seconds: clip.duration_seconds(),
            minimum_seconds: crate::clip::MIN_SECONDS,
        })?;

        report(Stage::Predicting, 0.95)?;
        let features = self.features(&pooled, &statistics, &signal_features)?;
        let popularity =
            self.popularity(&features, Some(clip.duration_seconds() as f32), context)?;
        Ok(Analysis {
            prediction: Prediction {
                duration_seconds: clip.duration_seconds(),
                popularity,
                features,
                signal: signal_features,
                tags: self.tags(&pooled),
                warnings: Vec::new(),
                model: self.version.clone(),
            },
            log_mel,
        })
    }

    /// `signal` at [`MelConfig::BACKBONE`]'s rate; `[frames, n_mels]`.
    pub fn log_mel(&self, signal: &[f32]) -> Array2<f32> {
        MelSpectrogram::new(MelConfig::BACKBONE).log_mel(signal)
    }

    /// Tempo and key from `signal` at [`SIGNAL_RATE_HZ`], loudness from the clip's own channels.
    pub fn signal_features(&self, clip: &Clip, signal: &[f32]) -> Result<SignalFeatures> {
        Ok(SignalFeatures {
            tempo: tempo::estimate(signal),
            key: key::estimate(signal),
            loudness: loudness::measure(clip)?,
        })
    }

    /// Of the middle [`STATISTICS_SECONDS`] of `signal`, which is at [`SIGNAL_RATE_HZ`].
    pub fn statistics(&self, signal: &[f32]) -> Statistics {
        let length = (STATISTICS_SECONDS * SIGNAL_RATE_HZ as usize).min(signal.len());
        let start = (signal.len() - length) / 2;
        Statistics::measure(&signal[start..start + length])
    }

    /// First frames of the windows to hear: at most [`MAX_WINDOWS`], spread evenly, none
    /// overlapping another when the song is long enough for one; empty below one window.
    pub fn window_starts(&self, frames: usize) -> Vec<usize> {
        let length = self.backbone.window_frames();
        let count = (frames / length).min(MAX_WINDOWS);
        let last = frames.saturating_sub(length);
        (0..count)
            .map(|index| match count {
                1 => last / 2,
                _ => index * last / (count - 1),
            })
            .collect()
    }

    /// The backbone on the window of `log_mel` that begins at frame `start`.
    pub fn embed(&self, log_mel: &Array2<f32>, start: usize) -> Result<Embedding> {
        let end = (start + self.backbone.window_frames()).min(log_mel.nrows());
        self.backbone
            .embed(log_mel.slice_axis(Axis(0), Slice::from(start.min(end)..end)))
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

    /// Popularity from features and whatever else is known.
    pub fn popularity(
        &self,
        features: &Features,
        duration_seconds: Option<f32>,
        context: &Context,
    ) -> Result<Popularity> {
        self.popularity.predict(features, duration_seconds, context)
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
