//! URLs: what of them may be shown, and which are trusted.

use super::error::{Error, Result};

/// Host and path of a URL: a query may carry what must not be shown.
pub fn endpoint(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    bare.split_once("://")
        .map_or(bare, |(_, rest)| rest)
        .to_owned()
}

pub fn host(url: &str) -> String {
    let endpoint = endpoint(url);
    endpoint.split('/').next().unwrap_or_default().to_owned()
}

/// A base URL without its last slash; only loopback addresses may do without encryption.
pub fn base_url(url: &str) -> Result<String> {
    let host = host(url);
    let name = host
        .rsplit_once(':')
        .map_or(host.as_str(), |(name, _)| name);
    // A name before an `@` is a user's, not the host's.
    let local = !host.contains('@') && matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    if !(url.starts_with("https://") || local && url.starts_with("http://")) {
        return Err(Error::InsecureUrl { url: endpoint(url) });
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// A text as part of a URL's query (RFC 3986, section 2).
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_loopback_goes_without_encryption_and_queries_are_not_shown() {
        for url in [
            "http://example.org",
            "http://localhost.example.org",
            "ftp://x",
            "http://127.0.0.1:80@example.org",
        ] {
            assert_eq!(base_url(url).unwrap_err().code(), "insecure_url", "{url}");
        }
        assert_eq!(
            base_url("https://example.org/").unwrap(),
            "https://example.org"
        );
        assert_eq!(
            base_url("http://127.0.0.1:80/").unwrap(),
            "http://127.0.0.1:80"
        );
        assert_eq!(endpoint("https://a.b/c/d?token=x#y"), "a.b/c/d");
        assert_eq!(escaped("a b&\"é"), "a%20b%26%22%C3%A9");
    }
}
