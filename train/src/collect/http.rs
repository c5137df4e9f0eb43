//! Asking over the network: politely, patiently, and within a budget.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rand::RngExt as _;
use serde_json::Value;
use ureq::Agent;

use super::error::{Error, Result};
use super::limit::{Limiter, sleep};
use super::manners::{Limit, Manners};
use super::url::{endpoint, host};

/// Bytes of an answer after which it is none: a thousand times what any of them is.
const LARGEST_ANSWER: u64 = 32 * 1024 * 1024;

const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The reason in the body of a 429 that waiting does not help against.
const QUOTA: &str = "QUOTA_EXCEEDED";

/// When a used-up quota is renewed, where the source does not say.
const QUOTA_PERIOD: Duration = Duration::from_secs(24 * 60 * 60);

/// One source's connection.
pub struct Client<'a> {
    agent: Agent,
    limiter: Limiter,
    manners: Manners,
    interrupted: &'a AtomicBool,
    sent: AtomicUsize,
    started: Instant,
}

/// What to send with a request so that it is allowed; renewed when it is refused.
pub trait Authority: Sync {
    /// The value of the `Authorization` header, renewed where it is `stale`, one that was refused.
    fn header(&self, stale: Option<&str>) -> Result<String>;
}

/// How an answer with a good status is to be taken.
pub enum Verdict {
    Good,
    /// Asked too fast, said in the body.
    TooFast,
    /// Of no use, but may be another time.
    Bad(String),
}

/// An answer, or the status of a refusal that is the source's to understand.
pub enum Reply {
    Body(Vec<u8>),
    Refused(u16),
}

enum Attempt {
    Reply(Reply),
    Unauthorized(String),
    TooFast(Option<Duration>),
    QuotaExceeded(Option<Duration>),
    Failed(String, Option<Duration>),
}

impl<'a> Client<'a> {
    pub fn new(manners: &Manners, usual: Limit, interrupted: &'a AtomicBool) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(manners.timeout))
            .max_idle_connections_per_host(usize::from(manners.concurrency))
            .user_agent(concat!("foretune-train/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self {
            agent,
            limiter: manners.limiter(usual),
            manners: manners.clone(),
            interrupted,
            sent: AtomicUsize::new(0),
            started: Instant::now(),
        }
    }

    pub fn window(&self) -> Duration {
        self.limiter.window()
    }

    /// Whether the answer of one attempt is too late for the run.
    fn must_end(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) || self.budget_spent().is_some()
    }

    fn budget_spent(&self) -> Option<&'static str> {
        let elapsed = self.started.elapsed();
        if self.manners.max_time.is_some_and(|most| elapsed >= most) {
            return Some("--max-minutes");
        }
        let sent = self.sent.load(Ordering::Relaxed);
        let spent = self.manners.max_requests.is_some_and(|most| sent >= most);
        spent.then_some("--max-requests")
    }

    /// Counts one more request, unless that is one too many.
    fn may_send(&self) -> bool {
        let most = self.manners.max_requests.unwrap_or(usize::MAX);
        let count = |sent| (sent < most).then_some(sent + 1);
        let counted = self
            .sent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, count);
        counted.is_ok()
    }

    fn ending(&self) -> Error {
        match self.budget_spent() {
            Some(what) if !self.interrupted.load(Ordering::Relaxed) => Error::BudgetSpent { what },
            _ => Error::Interrupted,
        }
    }

    /// The JSON at `url`, or the status with which it was refused. `judge` says what a body is
    /// worth that came with a good status.
    pub fn json(
        &self,
        url: &str,
        authority: Option<&dyn Authority>,
        judge: impl Fn(&Value) -> Verdict,
    ) -> Result<std::result::Result<Value, u16>> {
        let mut value = Value::Null;
        let reply = self.persist(url, authority, |body| {
            match serde_json::from_slice(body) {
                Ok(parsed) => value = parsed,
                Err(e) => {
                    return Verdict::Bad(format!("no whole JSON ({} bytes: {e})", body.len()));
                }
            }
            judge(&value)
        })?;
        Ok(match reply {
            Reply::Body(_) => Ok(value),
            Reply::Refused(status) => Err(status),
        })
    }

    /// The bytes at `url`, or the status with which they were refused.
    pub fn bytes(&self, url: &str) -> Result<Reply> {
        self.persist(url, None, |body| {
            if body.is_empty() {
                return Verdict::Bad("an empty answer".into());
            }
            Verdict::Good
        })
    }

    /// Attempts until there is an answer, a refusal, or a reason to stop.
    fn persist(
        &self,
        url: &str,
        authority: Option<&dyn Authority>,
        mut judge: impl FnMut(&[u8]) -> Verdict,
    ) -> Result<Reply> {
        let endpoint = endpoint(url);
        let since = Instant::now();
        let mut last = String::from("none was made");
        let mut stale: Option<String> = None;
        let mut attempts = 0;
        let budget = self.manners.request_budget;
        while attempts < self.manners.attempts && since.elapsed() < budget {
            let header = authority
                .map(|authority| authority.header(stale.as_deref()))
                .transpose()?;
            let attempt = {
                let _place = self
                    .limiter
                    .place(|| self.must_end())
                    .ok_or_else(|| self.ending())?;
                if !self.may_send() {
                    return Err(self.ending());
                }
                self.attempt(url, header.as_deref(), &mut judge)
            };
            attempts += 1;
            match attempt {
                Attempt::Reply(reply) => return Ok(reply),
                Attempt::Unauthorized(header) => {
                    // Refused twice in a row: the renewed one is no better.
                    if stale.is_some() {
                        return Err(Error::CredentialsRefused { host: host(url) });
                    }
                    stale = Some(header);
                    last = "HTTP 401".into();
                    continue;
                }
                Attempt::QuotaExceeded(wait) => {
                    return Err(Error::QuotaExceeded {
                        host: host(url),
                        resume_at: from_now(wait.unwrap_or(QUOTA_PERIOD)),
                    });
                }
                Attempt::TooFast(asked) => {
                    last = "asked too fast (HTTP 429)".into();
                    let wait = asked.unwrap_or_else(|| self.backoff(attempts));
                    let limit = self.manners.longest_wait;
                    if wait > limit {
                        return Err(Error::WaitTooLong {
                            host: host(url),
                            wait,
                            limit,
                            resume_at: from_now(wait),
                        });
                    }
                    // All requests wait, as the limit is on all of them.
                    self.limiter.pause(wait + self.jitter());
                }
                Attempt::Failed(reason, asked) => {
                    last = reason;
                    let wait = asked.unwrap_or_else(|| self.backoff(attempts));
                    let left = budget.saturating_sub(since.elapsed());
                    sleep(wait.min(left) + self.jitter(), || self.must_end());
                }
            }
            stale = None;
        }
        if self.must_end() {
            return Err(self.ending());
        }
        Err(Error::GaveUp {
            endpoint,
            attempts,
            last,
        })
    }

    fn attempt(
        &self,
        url: &str,
        header: Option<&str>,
        judge: &mut impl FnMut(&[u8]) -> Verdict,
    ) -> Attempt {
        let mut request = self.agent.get(url);
        if let Some(header) = header {
            request = request.header("Authorization", header);
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return Attempt::Failed(reason(&error), None),
        };
        let status = response.status().as_u16();
        let told = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after(value, Timestamp::now()));
        let mut body = Vec::new();
        let mut reader = response.body_mut().as_reader().take(LARGEST_ANSWER);
        let read = reader.read_to_end(&mut body);
        match status {
            200..=299 => match read {
                Err(error) => Attempt::Failed(format!("cut off ({})", error.kind()), None),
                Ok(_) => match judge(&body) {
                    Verdict::Good => Attempt::Reply(Reply::Body(body)),
                    Verdict::TooFast => Attempt::TooFast(told),
                    Verdict::Bad(reason) => Attempt::Failed(reason, None),
                },
            },
            401 if header.is_some() => Attempt::Unauthorized(header.unwrap_or_default().to_owned()),
            429 if String::from_utf8_lossy(&body).contains(QUOTA) => Attempt::QuotaExceeded(told),
            429 => Attempt::TooFast(told),
            408 | 500..=599 => Attempt::Failed(format!("HTTP {status}"), told),
            _ => Attempt::Reply(Reply::Refused(status)),
        }
    }

    /// Doubled with every attempt, and drawn from its upper half, so that several clients that
    /// failed together do not come back together.
    fn backoff(&self, attempts: usize) -> Duration {
        let first = self.manners.backoff;
        let doubled = first.saturating_mul(1 << (attempts.clamp(1, 16) - 1));
        let longest = LONGEST_BACKOFF.max(first);
        doubled
            .min(longest)
            .mul_f64(rand::rng().random_range(0.5..1.0))
    }

    fn jitter(&self) -> Duration {
        self.manners
            .backoff
            .mul_f64(rand::rng().random_range(0.0..0.1))
    }
}

/// A wait in seconds, or until a date, as RFC 9110 (section 10.2.3) has it.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds >= 0.0 && seconds.is_finite())
            .then(|| Duration::from_secs_f64(seconds.min(1e9)));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let at = Timestamp::try_from(at).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

fn from_now(wait: Duration) -> Timestamp {
    // To the second above, so that whoever waits until then has waited long enough.
    let wait = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let now = Timestamp::now().as_second();
    let then = now.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX));
    Timestamp::from_second(then.saturating_add(1)).unwrap_or(Timestamp::MAX)
}

/// Why a request had no answer, without anything of what it carried.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => format!("no answer ({})", error.kind()),
        ureq::Error::Timeout(_) => "no answer in time".into(),
        ureq::Error::HostNotFound => "the host was not found".into(),
        ureq::Error::ConnectionFailed => "no connection".into(),
        _ => "no answer that is HTTP".into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let now = Timestamp::from_second(784_111_777).unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        let date = "Sun, 06 Nov 1994 08:49:47 GMT";
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(10)));
        let past = "Sun, 06 Nov 1994 08:49:07 GMT";
        assert_eq!(retry_after(past, now), Some(Duration::ZERO));
        for nonsense in ["", "soon", "-3", "NaN"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense}");
        }
    }
}
