//! Permission to ask Spotify: a token of the client credentials flow.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;

use crate::collect::answer::text;
use crate::collect::credentials::{Credentials, Secret};
use crate::collect::error::{Error, Result};
use crate::collect::http::Authority;
use crate::collect::url::{endpoint, host};

/// A token of the client credentials flow, asked for when first needed and when one was refused.
pub struct Token {
    agent: ureq::Agent,
    url: String,
    basic: Secret,
    current: Mutex<Option<Secret>>,
}

/// Attempts at a token: without one nothing else can be asked.
const TOKEN_ATTEMPTS: u32 = 5;

impl Token {
    pub fn new(accounts: &str, credentials: &Credentials) -> Self {
        let pair = format!(
            "{}:{}",
            credentials.client_id.reveal(),
            credentials.client_secret.reveal()
        );
        Self {
            agent: ureq::Agent::config_builder()
                .http_status_as_error(false)
                .timeout_global(Some(Duration::from_secs(30)))
                .build()
                .into(),
            url: format!("{accounts}/api/token"),
            basic: Secret::new(format!("Basic {}", BASE64_STANDARD.encode(pair))),
            current: Mutex::default(),
        }
    }

    fn fetch(&self) -> Result<Secret> {
        let mut last = String::new();
        for attempt in 0..TOKEN_ATTEMPTS {
            std::thread::sleep(Duration::from_millis(100 * u64::from(attempt * attempt)));
            let response = self
                .agent
                .post(&self.url)
                .header("Authorization", self.basic.reveal())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .send("grant_type=client_credentials");
            let mut response = match response {
                Ok(response) => response,
                Err(_) => {
                    last = "no answer".into();
                    continue;
                }
            };
            match response.status().as_u16() {
                200 => {
                    let body = response.body_mut().read_to_string().unwrap_or_default();
                    let answer: Json = serde_json::from_str(&body).unwrap_or_default();
                    if let Some(token) = text(&answer, "access_token") {
                        return Ok(Secret::new(format!("Bearer {token}")));
                    }
                    last = "an answer without a token".into();
                }
                400 | 401 | 403 => {
                    return Err(Error::CredentialsRefused {
                        host: host(&self.url),
                    });
                }
                status => last = format!("HTTP {status}"),
            }
        }
        Err(Error::SourceDown {
            count: TOKEN_ATTEMPTS as usize,
            last: format!("{}: {last}.", endpoint(&self.url)),
        })
    }
}

impl Authority for Token {
    fn header(&self, stale: Option<&str>) -> Result<String> {
        // Whoever comes first renews it; the others wait here and find it renewed.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let token = match &*current {
            Some(token) if stale != Some(token.reveal()) => token.clone(),
            _ => self.fetch()?,
        };
        *current = Some(token.clone());
        Ok(token.reveal().to_owned())
    }
}
