//! The error of a handler, which says what happens to the job.

use std::error::Error as StdError;
use std::time::Duration;

use guichet_base::error::{Error, Fault};
use guichet_base::foreign;

/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a job was not done, and what happens to it. The texts are logged and stored with dead letters, so they
/// contain ids and codes, but no contents or addresses.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another attempt may succeed.
    #[error("{source}")]
    Retry {
        /// The cause.
        source: BoxError,
        /// The earliest retry; none: the queue's own backoff.
        after: Option<Duration>,
    },
    /// No attempt will succeed: the job becomes a dead letter.
    #[error("{source}")]
    Fail {
        /// The cause.
        source: BoxError,
    },
    /// The fault is not with this job: its kind is paused, and an error is logged. The attempt does not count.
    #[error("{source}")]
    Pause {
        /// The cause.
        source: BoxError,
        /// The duration of the pause.
        duration: Duration,
        /// How much longer the jobs of the same firm wait, so that those of other firms run first; none: not
        /// longer.
        yields: Option<Duration>,
    },
}

impl JobError {
    /// Another attempt may succeed, after the queue's own backoff.
    pub fn retry(source: impl Into<BoxError>) -> Self {
        Self::Retry { source: source.into(), after: None }
    }

    /// Another attempt may succeed, after this delay at the earliest.
    pub fn retry_after(source: impl Into<BoxError>, after: Duration) -> Self {
        Self::Retry { source: source.into(), after: Some(after) }
    }

    /// No attempt will succeed.
    pub fn fail(source: impl Into<BoxError>) -> Self {
        Self::Fail { source: source.into() }
    }

    /// No job of this kind will succeed for so long.
    pub fn pause(source: impl Into<BoxError>, duration: Duration) -> Self {
        Self::Pause { source: source.into(), duration, yields: None }
    }

    /// As [`JobError::pause`], when only one firm may be at fault: after the pause its jobs wait so much longer
    /// and do not hold up others.
    pub fn pause_and_yield(source: impl Into<BoxError>, duration: Duration, longer: Duration) -> Self {
        Self::Pause { source: source.into(), duration, yields: Some(longer) }
    }

    /// The error with all its causes, on one brief line, whoever wrote them.
    pub(super) fn chain(&self) -> String {
        let (Self::Retry { source, .. } | Self::Fail { source } | Self::Pause { source, .. }) = self;
        let mut text = source.to_string();
        let mut cause = source.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        foreign::kept(&text)
    }
}

/// A refusal or a broken invariant does not go away, so the job fails; a database that does not answer or fails
/// unexpectedly gets all attempts.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(_) | Error::Fault(Fault::Broken(_)) => Self::fail(error),
            Error::Fault(Fault::Unavailable(_) | Fault::Database(_)) => Self::retry(error),
        }
    }
}

impl From<Fault> for JobError {
    fn from(fault: Fault) -> Self {
        Error::Fault(fault).into()
    }
}

/// A handler exceeded its time limit.
#[derive(Debug, thiserror::Error)]
#[error("not done within {0:?}")]
pub(super) struct TimedOut(pub(super) Duration);

/// A handler that panicked.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub(super) struct Panicked(pub(super) String);

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_base::error::Code;

    #[test]
    fn the_chain_names_every_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::num::ParseIntError);
        let error = JobError::retry(Outer("x".parse::<i32>().unwrap_err()));
        assert_eq!(error.chain(), "outer: invalid digit found in string");
    }

    #[test]
    fn the_words_of_others_are_one_line() {
        let page = "503: <html>\r\n<h1>\u{1b}[2JSorry</h1>\n".to_owned() + &"x".repeat(10_000);
        let told = JobError::retry(page).chain();
        assert!(told.starts_with("503: <html> <h1>Sorry</h1> xxx"), "{told}");
        assert_eq!(told.chars().count(), foreign::KEPT);
    }

    #[test]
    fn the_schema_decides_what_is_retried() {
        assert!(matches!(JobError::from(Error::from(Code::NotFound)), JobError::Fail { .. }));
        assert!(matches!(JobError::from(Fault::Broken("row".into())), JobError::Fail { .. }));
        assert!(matches!(
            JobError::from(Fault::Unavailable("gone".into())),
            JobError::Retry { after: None, .. }
        ));
    }
}
