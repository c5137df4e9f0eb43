//! The JavaScript side: conversions only. What is computed, and every rule, lives in the core.

use std::cell::RefCell;

use js_sys::{Array, Float32Array, Function, Int8Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::clip::{self, check_file_size, check_not_too_long};
use crate::container::cuts::Cuts;
use crate::container::{Container, Source, check_counted_duration};
use crate::engine::Engine;
use crate::error::{Error, truncation_warning};
use crate::features::Features;
use crate::front_end::{self, Processed};
use crate::genre::GenreGroup;
use crate::intake::Piece;
use crate::measurements::Measurements;
use crate::mel::MelConfig;
use crate::model::{Manifest, ModelFiles};
use crate::popularity::Context;
use crate::popularity::heard::Heard;
use crate::reference;

type JsResult<T> = Result<T, JsValue>;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Throws for a file that is empty or too large, so that a caller can ask before reading it.
#[wasm_bindgen(js_name = check_file_size)]
pub fn check_file_bytes(bytes: f64) -> JsResult<()> {
    check_file_size(bytes as u64).map_err(to_js_error)
}

/// Throws for decoded audio that is beyond a limit, so that a caller can ask before copying it.
#[wasm_bindgen]
pub fn check_samples(channels: f64, samples: f64, sample_rate_hz: f64) -> JsResult<()> {
    clip::check_samples(channels as usize, samples as u64, sample_rate_hz as u32)
        .map_err(to_js_error)
}

/// The group of a genre as anyone may write it, as `reference.json` names it; undefined for a name
/// nothing is known of.
#[wasm_bindgen]
pub fn genre_group(genre: &str) -> Option<String> {
    GenreGroup::of(genre).map(|group| group.name().to_owned())
}

/// The era of a release year, as `reference.json` names it.
#[wasm_bindgen]
pub fn era(year: f32) -> String {
    reference::era(year).to_owned()
}

/// Looks at a file before it is decoded, without decoding any. Throws for what is no audio and for what
/// unpacks to more than can be analysed, whatever its header says: a decoder would take memory for all
/// of it. Gives `{sample_rate_hz, samples, pieces: [{header: Uint8Array, start, end, samples, skip,
/// common, drop}]}`, or undefined where the file has to be decoded as a whole; see `container::cuts`.
///
/// `read(start, end)` gives a part of the file as a `Uint8Array`; what it throws is thrown.
#[wasm_bindgen]
pub fn inspect(bytes: f64, read: &Function) -> JsResult<JsValue> {
    let file = JsFile {
        size: bytes as u64,
        read,
        failure: RefCell::default(),
    };
    let cuts = cuts_of(&file);
    file.failure.take().map_or(cuts, Err)
}

fn cuts_of(file: &JsFile<'_>) -> JsResult<JsValue> {
    check_file_size(file.size).map_err(to_js_error)?;
    let mut head = vec![0; Container::HEAD_BYTES.min(file.size as usize)];
    file.read(0, &mut head);
    Container::identify(&head).map_err(to_js_error)?;
    check_counted_duration(file).map_err(to_js_error)?;
    let Some(cuts) = Cuts::of(file) else {
        return Ok(JsValue::UNDEFINED);
    };
    check_not_too_long(cuts.samples() as f64 / f64::from(cuts.sample_rate_hz))
        .map_err(to_js_error)?;
    let pieces = Array::new();
    for cut in &cuts.pieces {
        let header = cuts.header(cut);
        pieces.push(&object(&[
            ("header", Uint8Array::from(header.as_slice()).into()),
            ("start", (cut.start as f64).into()),
            ("end", (cut.end as f64).into()),
            ("samples", cut.samples.into()),
            ("skip", cut.skip.into()),
            ("common", cut.common.into()),
            ("drop", cut.drop.into()),
        ])?);
    }
    object(&[
        ("sample_rate_hz", cuts.sample_rate_hz.into()),
        ("samples", (cuts.samples() as f64).into()),
        ("pieces", pieces.into()),
    ])
}

/// The error to throw where a decoder refuses a file, of which `head` is the beginning, for `reason`.
#[wasm_bindgen]
pub fn decode_error(head: &[u8], reason: &str) -> JsValue {
    let container = Container::identify(head);
    to_js_error(container.map_or_else(|error| error, |container| container.decode_error(reason)))
}

/// Throws for what a file's own header says to be too long, so that no decoder takes memory for it.
#[wasm_bindgen]
pub fn check_announced(seconds: f64) -> JsResult<()> {
    check_not_too_long(seconds).map_err(to_js_error)
}

/// What a reader should know of a file that announces one duration and holds another: an array.
#[wasm_bindgen]
pub fn truncation_warnings(announced_seconds: f64, decoded_seconds: f64) -> JsResult<JsValue> {
    let warning = truncation_warning(announced_seconds, decoded_seconds);
    to_js(&warning.into_iter().collect::<Vec<_>>())
}

/// A file that JavaScript reads.
struct JsFile<'a> {
    size: u64,
    read: &'a Function,
    /// Why a part of it could not be read, with which it ends for whoever reads on.
    failure: RefCell<Option<JsValue>>,
}

impl Source for JsFile<'_> {
    fn size(&self) -> u64 {
        match *self.failure.borrow() {
            None => self.size,
            Some(_) => 0,
        }
    }

    fn read(&self, position: u64, into: &mut [u8]) {
        let (start, end) = (position as f64, (position + into.len() as u64) as f64);
        let part = self.read.call2(&JsValue::NULL, &start.into(), &end.into());
        match part.and_then(|part| part.dyn_into::<Uint8Array>()) {
            Ok(part) if part.length() as usize == into.len() => part.copy_to(into),
            Ok(_) => {
                let thrown = js_sys::RangeError::new("a part of another length was read");
                self.failure.replace(Some(thrown.into()));
            }
            Err(thrown) => {
                self.failure.replace(Some(thrown));
            }
        }
    }
}

/// The next samples of a song, planar.
struct JsPiece(Vec<Float32Array>);

impl Piece for JsPiece {
    fn channels(&self) -> usize {
        self.0.len()
    }

    fn length(&self, channel: usize) -> usize {
        self.0[channel].length() as usize
    }

    fn copy(&self, channel: usize, first: usize, into: &mut [f32]) {
        let first = first as u32;
        let end = first + into.len() as u32;
        self.0[channel].subarray(first, end).copy_to(into);
    }
}

/// A song as it comes in, on its way to be listened to, measured and drawn.
#[wasm_bindgen]
pub struct FrontEnd {
    front_end: front_end::FrontEnd,
}

#[wasm_bindgen]
impl FrontEnd {
    /// Memory is taken for `expected_samples` a channel; there may come fewer or more.
    #[wasm_bindgen(constructor)]
    pub fn new(channels: u32, sample_rate_hz: u32, expected_samples: f64) -> JsResult<Self> {
        front_end::FrontEnd::new(channels as usize, sample_rate_hz, expected_samples as u64)
            .map(|front_end| Self { front_end })
            .map_err(to_js_error)
    }

    /// Values of a row.
    #[wasm_bindgen(getter)]
    pub fn bands(&self) -> u32 {
        MelConfig::BACKBONE.n_mels as u32
    }

    /// Frames of a song of so many samples a channel.
    pub fn frames(&self, samples: f64) -> u32 {
        self.front_end.frames(samples as u64) as u32
    }

    /// Takes the next samples; gives the rows of the log mel spectrogram, row-major
    /// `[frames, bands]`, that are whole now.
    pub fn push(&mut self, channels: Vec<Float32Array>) -> JsResult<Vec<f32>> {
        self.front_end.push(&JsPiece(channels)).map_err(to_js_error)
    }

    /// What is measured of the middle of what has come so far, for a first estimate; none where that is
    /// silent. Measurements are JSON that only `conclude` reads.
    pub fn so_far(&self) -> JsResult<Option<String>> {
        let measurements = self.front_end.so_far();
        measurements.as_ref().map(measurements_to_json).transpose()
    }

    /// The last `rows`, how many `frames` there are in all, what was measured, and what a page draws:
    /// `{rows, frames, measurements, spectrogram, waveform}`.
    pub fn finish(self) -> JsResult<JsValue> {
        let Processed {
            rows,
            frames,
            measurements,
            spectrogram,
            waveform,
        } = self.front_end.finish().map_err(to_js_error)?;
        let spectrogram = object(&[
            ("bands", (spectrogram.bands as u32).into()),
            ("frames", (spectrogram.frames as u32).into()),
            ("frame_seconds", spectrogram.frame_seconds.into()),
            ("data", Uint8Array::from(spectrogram.data.as_slice()).into()),
        ])?;
        let levels = |levels: &[i8]| Int8Array::from(levels).into();
        let waveform = object(&[
            ("column_seconds", waveform.column_seconds.into()),
            ("minimum", levels(&waveform.minimum)),
            ("maximum", levels(&waveform.maximum)),
        ])?;
        object(&[
            ("rows", Float32Array::from(rows.as_slice()).into()),
            ("frames", (frames as u32).into()),
            ("measurements", measurements_to_json(&measurements)?.into()),
            ("spectrogram", spectrogram),
            ("waveform", waveform),
        ])
    }
}

/// The engine's stages that need the models, for workers that share a song: each blocks its thread, none
/// holds state, so that any worker can take any of them.
#[wasm_bindgen]
pub struct Analyzer {
    engine: Engine,
}

#[wasm_bindgen]
impl Analyzer {
    /// `files` is an object of `Uint8Array`s by the names in the manifest.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest: &[u8], files: &Object) -> JsResult<Self> {
        let manifest = Manifest::parse(manifest).map_err(to_js_error)?;
        let mut contents = ModelFiles::new();
        for entry in manifest.files() {
            let value = Reflect::get(files, &entry.file.as_str().into())?;
            if let Ok(content) = value.dyn_into::<Uint8Array>() {
                contents.insert(entry.file.clone(), content.to_vec());
            }
        }
        let engine = Engine::load(&manifest, &contents).map_err(to_js_error)?;
        Ok(Self { engine })
    }

    /// First frames of the windows to listen to in a spectrogram of `frames`.
    pub fn window_starts(&self, frames: u32) -> Vec<u32> {
        let starts = self.engine.window_starts(frames as usize);
        starts.iter().map(|&start| start as u32).collect()
    }

    /// Frames of such a window.
    #[wasm_bindgen(getter)]
    pub fn window_frames(&self) -> u32 {
        self.engine.window_frames() as u32
    }

    /// The backbone on one window, row-major `[window_frames, bands]`; an embedding.
    pub fn listen(&self, window: Vec<f32>) -> JsResult<Vec<f32>> {
        let embedding = self.engine.embed(window).map_err(to_js_error)?;
        Ok(embedding.to_vec())
    }

    /// The answer from `measure`'s JSON, the windows heard, in the order of time, and their
    /// embeddings one after another.
    pub fn conclude(
        &self,
        measurements: &str,
        starts: &[u32],
        embeddings: &[f32],
        context: JsValue,
    ) -> JsResult<JsValue> {
        let measurements: Measurements =
            serde_json::from_str(measurements).map_err(|e| unreadable("measurements", &e))?;
        let context: Context = from_js("context", context)?;
        let heard = self
            .engine
            .heard_windows(starts, embeddings)
            .map_err(to_js_error)?;
        let prediction = self
            .engine
            .conclude(&measurements, &heard, &context)
            .map_err(to_js_error)?;
        to_js(&prediction)
    }

    /// Popularity alone, from features that are already known. `heard` is an analysis's, or null.
    pub fn predict_features(
        &self,
        features: JsValue,
        duration_seconds: Option<f32>,
        heard: JsValue,
        context: JsValue,
    ) -> JsResult<JsValue> {
        let features: Features = from_js("features", features)?;
        let heard = heard_from_js(heard)?;
        let context: Context = from_js("context", context)?;
        let popularity = self
            .engine
            .popularity(&features, duration_seconds, heard.as_ref(), &context)
            .map_err(to_js_error)?;
        to_js(&popularity)
    }

    /// How many points each feature adds; arguments as for `predict_features`.
    pub fn explain(
        &self,
        features: JsValue,
        duration_seconds: Option<f32>,
        heard: JsValue,
        context: JsValue,
    ) -> JsResult<JsValue> {
        let features: Features = from_js("features", features)?;
        let heard = heard_from_js(heard)?;
        let context: Context = from_js("context", context)?;
        let explanation = self
            .engine
            .explain(&features, duration_seconds, heard.as_ref(), &context)
            .map_err(to_js_error)?;
        to_js(&explanation)
    }
}

fn heard_from_js(value: JsValue) -> JsResult<Option<Heard>> {
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    from_js("heard", value).map(Some)
}

fn measurements_to_json(measurements: &Measurements) -> JsResult<String> {
    serde_json::to_string(measurements).map_err(|e| unreadable("measurements", &e))
}

fn unreadable(field: &str, reason: &impl std::fmt::Display) -> JsValue {
    to_js_error(Error::InvalidInput {
        field: field.to_owned(),
        actual: reason.to_string(),
        expected: "what another stage of the same version made".to_owned(),
    })
}

/// A JavaScript `Error` named `ForetuneError` with the stable `code` and the `details` it names.
fn to_js_error(error: Error) -> JsValue {
    let js_error = js_sys::Error::new(&error.to_string());
    js_error.set_name("ForetuneError");
    // Setting a property of a fresh, extensible object cannot fail.
    let _ = Reflect::set(&js_error, &"code".into(), &error.code().into());
    let details = to_js(&error).unwrap_or(JsValue::UNDEFINED);
    let _ = Reflect::set(&js_error, &"details".into(), &details);
    js_error.into()
}

fn to_js(value: &impl Serialize) -> JsResult<JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// `null` and `undefined` are the type's default, given as an empty object.
fn from_js<T: DeserializeOwned>(field: &str, value: JsValue) -> JsResult<T> {
    let value = if value.is_null() || value.is_undefined() {
        Object::new().into()
    } else {
        value
    };
    serde_wasm_bindgen::from_value(value).map_err(|e| {
        to_js_error(Error::InvalidInput {
            field: field.to_owned(),
            actual: e.to_string(),
            expected: "an object with the documented fields".to_owned(),
        })
    })
}

fn object(fields: &[(&str, JsValue)]) -> JsResult<JsValue> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}
