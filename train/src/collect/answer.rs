//! What the services' answers in JSON have in common.

use foretune::features::Feature;
use serde_json::Value as Json;

use super::error::{Error, Result};
use super::record::Record;
use super::url::endpoint;

/// A text that is there and not empty.
pub fn text<'a>(thing: &'a Json, name: &str) -> Option<&'a str> {
    let text = thing.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// The list that the answer from `url` must have.
pub fn list<'a>(answer: &'a Json, name: &'static str, url: &str) -> Result<&'a [Json]> {
    let list = answer.get(name).and_then(Json::as_array);
    list.map(Vec::as_slice)
        .ok_or_else(|| Error::UnexpectedShape {
            endpoint: endpoint(url),
            expected: name,
        })
}

/// Why `url` was refused: because it is closed to this application, or for an unknown reason.
pub fn refused(url: &str, status: u16) -> Error {
    let endpoint = endpoint(url);
    match status {
        401 | 403 | 404 | 405 | 410 | 451 => Error::EndpointUnavailable { endpoint, status },
        _ => Error::UnexpectedStatus { endpoint, status },
    }
}

/// The record with the features that `thing` tells and that are within their range; `None` where it
/// tells nothing. Spotify, say, answers -1 for a key that it did not detect.
pub fn with_features(record: Record, thing: &Json) -> Option<Record> {
    let value = |feature: Feature| {
        let (low, high) = feature.range();
        let value = thing.get(feature.name())?.as_f64()?;
        (f64::from(low)..=f64::from(high))
            .contains(&value)
            .then_some(value)
    };
    let record = Feature::ALL.into_iter().fold(record, |record, feature| {
        record.with(feature.name(), value(feature))
    });
    (!record.labels.is_empty()).then_some(record)
}
