//! What the services' answers in JSON have in common.

use serde_json::Value as Json;

use super::error::{Error, Result};
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
