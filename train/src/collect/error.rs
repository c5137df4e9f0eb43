//! What can go wrong while collecting, each with a stable code, what was expected, and what to do.

use std::time::Duration;

use jiff::Timestamp;

pub type Result<T> = std::result::Result<T, Error>;

/// No variant holds a header, a body or a query: those can carry credentials.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "The terms of {source_name} forbid training on what it gives without permission. If you have that permission, say so with --i-have-the-right-to-train."
    )]
    RightNotStated { source_name: String },
    #[error(
        "{what} is not set. Export {what}, or write it to a file that only you can read and name that with --credentials."
    )]
    CredentialsMissing { what: &'static str },
    #[error(
        "The credentials file {path} can be read by others (mode {mode:o}, expected 600). Run: chmod 600 {path}"
    )]
    CredentialsExposed { path: String, mode: u32 },
    #[error("{host} refused the credentials. Check the client id and secret of your application.")]
    CredentialsRefused { host: String },
    #[error(
        "{url} would carry credentials or be trusted without encryption; expected https, or a loopback address. Correct the URL."
    )]
    InsecureUrl { url: String },
    #[error(
        "{endpoint} is not open to this application (HTTP {status}). What it would have told stays missing; nothing else is affected."
    )]
    EndpointUnavailable { endpoint: String, status: u16 },
    #[error(
        "{host} says that the quota of this application is used up. All that was fetched is stored. Run the same command again after {resume_at}."
    )]
    QuotaExceeded { host: String, resume_at: Timestamp },
    #[error(
        "{host} asks to wait {} s, longer than --longest-wait-seconds allows ({} s). All that was fetched is stored. Run the same command again after {resume_at}.",
        wait.as_secs(),
        limit.as_secs()
    )]
    WaitTooLong {
        host: String,
        wait: Duration,
        limit: Duration,
        resume_at: Timestamp,
    },
    #[error(
        "{source_name} asked to be left alone until {resume_at}. Run the same command again after that, or with --now if you know better."
    )]
    TooEarly {
        source_name: String,
        resume_at: Timestamp,
    },
    #[error(
        "The budget of this run is spent ({what}). All that was fetched is stored; run the same command again to go on."
    )]
    BudgetSpent { what: &'static str },
    #[error("Interrupted. All that was fetched is stored; run the same command again to go on.")]
    Interrupted,
    #[error("{endpoint} did not answer usably in {attempts} attempts; the last: {last}")]
    GaveUp {
        endpoint: String,
        attempts: usize,
        last: String,
    },
    #[error(
        "{count} requests in a row failed, the last so: {last} All that was fetched is stored; run the same command again later."
    )]
    SourceDown { count: usize, last: String },
    #[error(
        "{endpoint} answered HTTP {status}, which is none of the answers that this program knows. Check the URL, or report it."
    )]
    UnexpectedStatus { endpoint: String, status: u16 },
    #[error(
        "{endpoint} answered without `{expected}`: the interface may have changed. What it did not tell is missing, not zero; please report it."
    )]
    UnexpectedShape {
        endpoint: String,
        expected: &'static str,
    },
    #[error("{path} cannot be read: {reason}. {advice}")]
    Unreadable {
        path: String,
        reason: String,
        advice: &'static str,
    },
    #[error(
        "Another run collects from {source_name} into this catalogue. Wait for it, as two would ask twice as fast as the limits allow."
    )]
    AlreadyRunning { source_name: String },
    #[error(
        "The store {path} is of version {actual}; this program reads version {expected}. Collect into another folder, or use the program that made it."
    )]
    StoreVersion {
        path: String,
        expected: i64,
        actual: i64,
    },
    #[error(
        "The store failed: {0}. Check that the disk has room and that the folder can be written."
    )]
    Store(#[from] rusqlite::Error),
}

impl Error {
    /// Stable identifier, in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RightNotStated { .. } => "right_not_stated",
            Self::CredentialsMissing { .. } => "credentials_missing",
            Self::CredentialsExposed { .. } => "credentials_exposed",
            Self::CredentialsRefused { .. } => "credentials_refused",
            Self::InsecureUrl { .. } => "insecure_url",
            Self::EndpointUnavailable { .. } => "endpoint_unavailable",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::WaitTooLong { .. } => "wait_too_long",
            Self::TooEarly { .. } => "too_early",
            Self::BudgetSpent { .. } => "budget_spent",
            Self::Interrupted => "interrupted",
            Self::GaveUp { .. } => "gave_up",
            Self::SourceDown { .. } => "source_down",
            Self::UnexpectedStatus { .. } => "unexpected_status",
            Self::UnexpectedShape { .. } => "unexpected_shape",
            Self::Unreadable { .. } => "unreadable",
            Self::AlreadyRunning { .. } => "already_running",
            Self::StoreVersion { .. } => "store_version",
            Self::Store(_) => "store_failed",
        }
    }

    /// Whether the same command goes on later from where this one stopped.
    pub fn is_resumable(&self) -> bool {
        matches!(
            self,
            Self::QuotaExceeded { .. }
                | Self::WaitTooLong { .. }
                | Self::TooEarly { .. }
                | Self::BudgetSpent { .. }
                | Self::Interrupted
                | Self::SourceDown { .. }
        )
    }

    /// Whether one question failed rather than the whole run.
    pub fn is_of_one_question(&self) -> bool {
        matches!(
            self,
            Self::GaveUp { .. } | Self::UnexpectedStatus { .. } | Self::UnexpectedShape { .. }
        )
    }

    /// When the source may be asked again, where it said so.
    pub fn resume_at(&self) -> Option<Timestamp> {
        match self {
            Self::QuotaExceeded { resume_at, .. } | Self::WaitTooLong { resume_at, .. } => {
                Some(*resume_at)
            }
            _ => None,
        }
    }
}
