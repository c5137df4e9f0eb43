//! How a source is asked: its limit, and what a user may change of it.

use std::time::Duration;

use super::limit::Limiter;

/// How a source may be asked.
#[derive(Debug, Clone, clap::Args)]
pub struct Manners {
    /// At most this many requests in any --window-seconds
    #[arg(long)]
    requests: Option<usize>,
    /// Length of the rolling window
    #[arg(long = "window-seconds", value_name = "SECONDS", value_parser = seconds)]
    window: Option<Duration>,
    /// Requests under way at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: u8,
    /// Attempts at one request before it is left to a later run
    #[arg(long, default_value_t = 8)]
    pub attempts: usize,
    /// Time for one request with all its attempts
    #[arg(long = "request-budget-seconds", value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub request_budget: Duration,
    /// A longer wait that a source asks for ends the run, with the time to resume it
    #[arg(long = "longest-wait-seconds", value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub longest_wait: Duration,
    /// End the run after this many requests
    #[arg(long)]
    pub max_requests: Option<usize>,
    /// End the run after this long
    #[arg(long = "max-minutes", value_name = "MINUTES", value_parser = minutes)]
    pub max_time: Option<Duration>,
    /// Time after which one attempt is given up
    #[arg(long = "timeout-seconds", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub timeout: Duration,
    /// First pause after a failure; it doubles with every further one, up to a minute
    #[arg(long = "backoff-seconds", value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub backoff: Duration,
    /// Ask though the source wanted to be left alone for longer
    #[arg(long)]
    pub now: bool,
}

/// A source's own limit.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub requests: usize,
    pub window: Duration,
}

impl Manners {
    pub fn limiter(&self, usual: Limit) -> Limiter {
        Limiter::new(
            self.requests.unwrap_or(usual.requests),
            self.window.unwrap_or(usual.window),
        )
    }
}

/// The most that a time may be told to be: three years.
const MOST_SECONDS: f64 = 1e8;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    seconds
        .filter(|seconds| (0.0..=MOST_SECONDS).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("expected a number from 0 to {MOST_SECONDS}"))
}

fn minutes(text: &str) -> Result<Duration, String> {
    seconds(text).map(|minutes| minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_are_none_are_refused() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(minutes("2"), Ok(Duration::from_secs(120)));
        for wrong in ["-1", "NaN", "inf", "1e300", "soon", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
