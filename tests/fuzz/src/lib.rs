//! What hostile bytes are thrown at. Each target takes any bytes and must return: an error is fine, a
//! panic, a hang or a value out of its range is not.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::panic::{set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use collect::identity::{artist_key, title_key};
use collect::record::{Record, Value, field};
use foretune::clip::check_file_size;
use foretune::container::{Container, check_counted_duration};
use foretune::features::loudness;
use foretune::features::onsets::Onsets;
use foretune::features::statistics::Statistics;
use foretune::features::{key, tempo};
use foretune::front_end::Processed;
use foretune::measurements::SIGNAL_RATE_HZ;
use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::model::{FileEntry, MANIFEST_FILE, OnnxModel};
use foretune::resample::resample;
use foretune::{Clip, Context, Engine, Feature, Features, Manifest, ModelFiles};

// The decoder belongs to the native program, which is no library; it is the same file.
#[path = "../../../train/src/decode.rs"]
pub mod decode;

// So do the readers of what services answer, which need nothing of the collector around them.
#[path = "../../../train/src/collect"]
#[allow(dead_code)]
mod collect {
    pub mod answer;
    #[path = "archive/read.rs"]
    pub mod archive;
    #[path = "deezer/read.rs"]
    pub mod deezer;
    pub mod error;
    pub mod identity;
    #[path = "reccobeats/read.rs"]
    pub mod reccobeats;
    pub mod record;
    #[path = "spotify/read.rs"]
    pub mod spotify;
    pub mod url;
}

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 7] = [
    ("samples", samples),
    ("stages", stages),
    ("manifest", manifest),
    ("onnx", onnx),
    ("file", file),
    ("context", context),
    ("answers", answers),
];

fn models_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

/// The shipped models, by the names in their manifest.
pub fn shipped() -> &'static (Vec<u8>, ModelFiles) {
    static SHIPPED: OnceLock<(Vec<u8>, ModelFiles)> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let read = |file: &str| std::fs::read(models_folder().join(file)).expect(file);
        let manifest = read(MANIFEST_FILE);
        let files = Manifest::parse(&manifest)
            .expect("the shipped manifest")
            .files()
            .map(|entry| (entry.file.clone(), read(&entry.file)));
        (manifest, files.into_iter().collect())
    })
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let (manifest, files) = shipped();
        let manifest = Manifest::parse(manifest).expect("the shipped manifest");
        Engine::load(&manifest, files).expect("the shipped models")
    })
}

/// Any samples, channels and rate, as a page hands them over: a header of six bytes, then the bits of
/// floats, repeated until there is enough to be a song.
pub fn samples(data: &[u8]) {
    let [channels, rate, scale, length, odd, whole, bits @ ..] = data else {
        return;
    };
    const RATES_HZ: [u32; 8] = [
        8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000,
    ];
    let rate_hz = match rate {
        255 => u32::MAX,
        // Odd rates have the longest transforms.
        200..=254 => 8_000 + 17 * u32::from(*rate),
        _ => RATES_HZ[usize::from(rate % 8)],
    };
    let values: Vec<f32> = bits
        .chunks_exact(4)
        .map(|bits| f32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]]))
        .map(|value| match scale % 4 {
            // As it is: NaN, infinities, denormals and all.
            0 => value,
            1 if value.is_finite() => value % 1.0,
            2 => (value.to_bits() as f32 / u32::MAX as f32) * 2.0 - 1.0,
            _ => value.clamp(-1e3, 1e3),
        })
        .collect();
    let seconds = [0.0, 0.5, 3.0, 3.1, 4.0][usize::from(length % 5)];
    let count = (seconds * f64::from(rate_hz.min(192_000))) as usize + usize::from(*odd);
    let channels: Vec<Vec<f32>> = (0..usize::from(channels % 10))
        .map(|channel| {
            // The last channel may be longer.
            let extra = usize::from(channel == 7 && odd % 2 == 1);
            let values = values.iter().cycle().skip(channel);
            values.copied().take(count + extra).collect()
        })
        .collect();
    let Ok(clip) = Clip::new(channels, rate_hz) else {
        return;
    };
    let processed = Processed::of(&clip, || Ok(())).expect("a clip can be processed");
    let json = serde_json::to_string(&processed.measurements).expect("measurements are JSON");
    assert!(
        !json.contains("null"),
        "a measurement is not finite: {json}"
    );
    if whole % 8 > 0 {
        return;
    }
    let context = Context::default();
    let answer = engine().analyze(&clip, &context, &mut |_, _| true);
    let prediction = answer.expect("a clip is answered").prediction;
    assert_in_range(&prediction.features);
    let popularity = &prediction.popularity;
    for value in [
        popularity.mean,
        popularity.p10,
        popularity.p50,
        popularity.p90,
    ] {
        assert!((0.0..=100.0).contains(&value), "{value}");
    }
}

fn assert_in_range(features: &Features) {
    for (feature, value) in Feature::ALL.iter().zip(features.to_array()) {
        let (low, high) = feature.range();
        assert!(
            (low..=high).contains(&value),
            "{} is {value}",
            feature.name()
        );
    }
}

/// The stages behind the clip, on finite samples of any number, also fewer than a clip may have.
pub fn stages(data: &[u8]) {
    let [rate, repeats, bits @ ..] = data else {
        return;
    };
    let once: Vec<f32> = bits
        .chunks_exact(2)
        .map(|bits| f32::from(i16::from_le_bytes([bits[0], bits[1]])) / 3_000.0)
        .collect();
    let signal = once.repeat(1 + usize::from(repeats % 32));
    let rate_hz = 8_000 + 700 * u32::from(*rate);
    let resampled = resample(&signal, rate_hz, SIGNAL_RATE_HZ).expect("a rate that is supported");
    assert!(resampled.iter().all(|sample| sample.is_finite()));
    let log_mel = MelSpectrogram::new(MelConfig::BACKBONE).log_mel(&signal);
    assert!(log_mel.iter().all(|value| value.is_finite()));
    let onsets = Onsets::measure(&signal);
    tempo::estimate(&onsets);
    key::estimate(key::Harmony::measure(&signal).as_ref());
    Statistics::measure(&signal);
    if let Ok(clip) = Clip::new(vec![signal], rate_hz) {
        loudness::measure(&clip);
    }
}

/// A manifest of any content, beside the files that are shipped.
pub fn manifest(data: &[u8]) {
    let Ok(manifest) = Manifest::parse(data) else {
        return;
    };
    if data == shipped().0 {
        return;
    }
    // Hashes that were left alone let the files in: then it is shapes, labels and numbers that lie.
    let _ = Engine::load(&manifest, &shipped().1);
}

/// A crate of others that panics is answered with an error: here it is neither a find, for which
/// libFuzzer's hook would end the program, nor worth a word. Our own files have relative paths.
fn hush() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |panic| {
            if panic
                .location()
                .is_none_or(|at| Path::new(at.file()).is_relative())
            {
                report(panic);
            }
        }));
    });
}

/// A graph of any content, as if its hash were right.
pub fn onnx(data: &[u8]) {
    hush();
    let entry = FileEntry::describe("hostile.onnx", data);
    if let Ok(model) = OnnxModel::load_rows(&entry, data, &[16]) {
        let _ = model.run_rows(2, &[&[0.5; 32]]);
    }
    // As the heads are loaded.
    let (_, files) = shipped();
    if data != files["heads.onnx"] {
        let _ = OnnxModel::load(&entry, data, &[&[1, 474], &[1, Statistics::WIDTH]]);
    }
}

/// A song's file of any content, in the native program's decoders and in what the page does before
/// the browser decodes.
pub fn file(data: &[u8]) {
    let _ = check_file_size(data.len() as u64);
    let _ = Container::identify(data);
    let _ = check_counted_duration(&data);
    hush();
    let _ = decode::decode(data.to_vec());
}

/// What may be known of a song, as JSON of any content.
pub fn context(data: &[u8]) {
    let mut values = serde_json::Deserializer::from_slice(data).into_iter::<serde_json::Value>();
    let (Some(Ok(first)), Some(Ok(second))) = (values.next(), values.next()) else {
        return;
    };
    let features: Result<Features, _> = serde_json::from_value(first);
    let context: Result<Context, _> = serde_json::from_value(second);
    let (Ok(features), Ok(context)) = (features, context) else {
        return;
    };
    if let Ok(popularity) = engine().popularity(&features, Some(200.0), None, &context) {
        assert!(popularity.p10 <= popularity.p50 && popularity.p50 <= popularity.p90);
        assert!((0.0..=100.0).contains(&popularity.p50), "{popularity:?}");
    }
    if let Ok(explanation) = engine().explain(&features, None, None, &context) {
        assert!(
            explanation
                .contributions
                .iter()
                .all(|each| each.points.is_finite())
        );
    }
}

/// What a service answers, or a list in the archive, as JSON of any content. Every object in it is read as
/// everything that it could be.
pub fn answers(data: &[u8]) {
    if let Ok(list) = serde_json::from_slice::<collect::archive::Playlist>(data) {
        list.is_named("friday");
        list.records().iter().for_each(assert_record);
    }
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(data) else {
        return;
    };
    collect::deezer::error_code(&answer);
    let _ = collect::answer::list(&answer, "data", "https://example.org/data?q=1");
    let mut left = vec![&answer];
    while let Some(thing) = left.pop() {
        match thing {
            serde_json::Value::Array(items) => left.extend(items),
            serde_json::Value::Object(fields) => left.extend(fields.values()),
            _ => continue,
        }
        [
            collect::spotify::track(thing),
            collect::spotify::artist(thing),
            collect::spotify::album(thing),
            collect::spotify::features(thing, "1"),
            collect::deezer::track(thing),
            collect::reccobeats::track(thing),
        ]
        .iter()
        .flatten()
        .for_each(assert_record);
    }
}

fn assert_record(record: &Record) {
    let Record { identity, .. } = record;
    let _ = identity.title.as_deref().and_then(title_key);
    let _ = identity.artist.as_deref().and_then(artist_key);
    if let Some(id) = &identity.spotify_id {
        assert!(!id.is_empty());
    }
    for (name, value) in &record.labels {
        match value {
            Value::Number(number) => {
                assert!(number.is_finite(), "{name}");
                assert!(*name != field::DURATION_MS || *number > 0.0, "{number}");
                let feature = Feature::ALL.iter().find(|feature| feature.name() == *name);
                if let Some((low, high)) = feature.map(|feature| feature.range()) {
                    assert!(
                        (f64::from(low)..=f64::from(high)).contains(number),
                        "{name}"
                    );
                }
            }
            Value::Text(text) => {
                assert!(*name != field::RELEASE_DATE || text.len() <= 10, "{text}");
            }
        }
    }
}
