//! What can go wrong, each with a stable code, what was expected, what came, and what to do.

use std::collections::BTreeMap;

use serde::Serialize;

pub type Result<T> = std::result::Result<T, Error>;

/// Every failure of the pipeline. `Display` is one English sentence for a musician;
/// [`Error::code`] is stable across versions and is what other languages translate.
///
/// Serialised, an error is its fields, which are what a translation of it is made with.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Error {
    #[error("The file is empty. Choose the file again, or export the song once more.")]
    EmptyFile,
    #[error(
        "This is not an audio file (it looks like {found}). Choose an MP3, M4A, FLAC, Ogg or WAV file."
    )]
    NotAudio { found: &'static str },
    #[error(
        "This {container} file holds no audio track. Export the song's sound as MP3, M4A, FLAC, Ogg or WAV."
    )]
    NoAudioTrack { container: &'static str },
    #[error(
        "This {container} file could not be decoded: {reason}. It may be damaged, or coded in a way that is not supported here; export it again as MP3, FLAC or WAV."
    )]
    Undecodable {
        container: &'static str,
        reason: String,
    },
    #[error(
        "The file has {bytes} bytes; at most {limit_bytes} can be read. Export the song as MP3, M4A or FLAC."
    )]
    FileTooLarge { bytes: u64, limit_bytes: u64 },
    #[error(
        "The audio lasts {seconds:.0} seconds; at most {limit_seconds:.0} can be analysed. Choose a single song rather than a whole set."
    )]
    TooLong { seconds: f64, limit_seconds: f64 },
    #[error(
        "The audio lasts {seconds:.1} seconds; at least {minimum_seconds:.1} are needed. Choose a longer part of the song."
    )]
    TooShort { seconds: f64, minimum_seconds: f64 },
    #[error(
        "The audio is silent (peak {peak_dbfs:.0} dBFS). Check that the right track was exported."
    )]
    Silent { peak_dbfs: f64 },
    #[error(
        "The audio's peak is {peak_dbfs:.0} dB above full scale; at most {limit_dbfs:.0} dB can be measured. Its samples seem to be on another scale: export the song again as MP3, FLAC or 24-bit WAV."
    )]
    AboveFullScale { peak_dbfs: f64, limit_dbfs: f64 },
    #[error(
        "Channel {channel} holds a value that is not a number at sample {sample}. Export the song again."
    )]
    NonFiniteSample { channel: usize, sample: usize },
    #[error(
        "The audio has {samples} samples over all channels; at most {limit} can be held. Export it as stereo at 44100 or 48000 Hz, or choose a shorter part."
    )]
    TooManySamples { samples: u64, limit: u64 },
    #[error("The audio has {actual} channels; 1 to {limit} are supported. Export it as stereo.")]
    ChannelCount { actual: usize, limit: usize },
    #[error(
        "The channels have different lengths ({expected} and {actual} samples). Export the song again."
    )]
    ChannelLengths { expected: usize, actual: usize },
    #[error(
        "The sample rate is {actual_hz} Hz; {minimum_hz} to {limit_hz} Hz are supported. Export the song at 44100 or 48000 Hz."
    )]
    SampleRate {
        actual_hz: u32,
        minimum_hz: u32,
        limit_hz: u32,
    },
    #[error(
        "`{field}` is {actual}; expected {expected}. Correct the value, or leave it out if it is unknown."
    )]
    InvalidInput {
        field: String,
        actual: String,
        expected: String,
    },
    #[error("The model file {file} is missing. Reload the page, or restore the models folder.")]
    ModelMissing { file: String },
    #[error(
        "The model file {file} is not the one the manifest names (sha256 {actual}, expected {expected}). Reload the page, or restore the models folder."
    )]
    ModelIntegrity {
        file: String,
        expected: String,
        actual: String,
    },
    #[error(
        "The models do not fit this version of Foretune: {what} is {actual}, expected {expected}. Update both together."
    )]
    ModelIncompatible {
        what: String,
        expected: String,
        actual: String,
    },
    #[error(
        "The model {file} failed: {reason}. Reload the page; if it happens again, please report it."
    )]
    ModelFailed { file: String, reason: String },
    #[error(
        "There is not enough memory for this song: {bytes} bytes could not be had. Close other tabs and programs, or choose a shorter song."
    )]
    OutOfMemory { bytes: u64 },
    #[error("The analysis was cancelled.")]
    Cancelled,
}

impl Error {
    /// Stable identifier, in snake_case, part of the public contract.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyFile => "empty_file",
            Self::NotAudio { .. } => "not_audio",
            Self::NoAudioTrack { .. } => "no_audio_track",
            Self::Undecodable { .. } => "undecodable",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::TooLong { .. } => "too_long",
            Self::TooShort { .. } => "too_short",
            Self::Silent { .. } => "silent",
            Self::AboveFullScale { .. } => "above_full_scale",
            Self::NonFiniteSample { .. } => "non_finite_sample",
            Self::TooManySamples { .. } => "too_many_samples",
            Self::ChannelCount { .. } => "channel_count",
            Self::ChannelLengths { .. } => "channel_lengths",
            Self::SampleRate { .. } => "sample_rate",
            Self::InvalidInput { .. } => "invalid_input",
            Self::ModelMissing { .. } => "model_missing",
            Self::ModelIntegrity { .. } => "model_integrity",
            Self::ModelIncompatible { .. } => "model_incompatible",
            Self::ModelFailed { .. } => "model_failed",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something the reader of a result should know, though the song was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Warning {
    pub code: &'static str,
    /// One English sentence.
    pub message: String,
    /// The values that the sentence names, for those who say it in another language.
    pub details: BTreeMap<&'static str, f64>,
}

/// A container that announces clearly more audio than it holds was cut off, as by a broken upload.
///
/// Two seconds and 2 % are allowed: headers of variable-rate MP3 only estimate the duration.
pub fn truncation_warning(announced_seconds: f64, decoded_seconds: f64) -> Option<Warning> {
    let missing = announced_seconds - decoded_seconds;
    (missing > 2.0 && missing > 0.02 * announced_seconds).then(|| Warning {
        code: "truncated",
        message: format!(
            "The file announces {announced_seconds:.0} seconds but holds {decoded_seconds:.0}: it was cut off. The result is for the part that is there; export or copy the song again for the whole."
        ),
        details: BTreeMap::from([
            ("announced_seconds", announced_seconds),
            ("decoded_seconds", decoded_seconds),
        ]),
    })
}
