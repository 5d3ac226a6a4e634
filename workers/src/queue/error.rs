//! What a handler says when it could not do its job: each site says what is to become of the job.

use std::error::Error as StdError;
use std::time::Duration;

use guichet_base::error::{Error, Fault};

/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a job was not done, and what is to become of it. The texts end up in the log and with the
/// dead letter: ids and codes, no contents, no addresses.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another attempt may succeed.
    #[error("{source}")]
    Retry {
        /// Why.
        source: BoxError,
        /// Not before so long; none: the queue's own backoff.
        after: Option<Duration>,
    },
    /// No attempt will succeed: the job becomes a dead letter.
    #[error("{source}")]
    Fail {
        /// Why.
        source: BoxError,
    },
    /// The fault is not this job's: all of its kind wait, and a person is told. The attempt does not count.
    #[error("{source}")]
    Pause {
        /// Why.
        source: BoxError,
        /// For how long.
        duration: Duration,
        /// How much longer the jobs of its firm wait, so that those of other firms go first; none: they
        /// keep their places.
        yields: Option<Duration>,
    },
}

impl JobError {
    /// Another attempt may succeed, after the queue's own backoff.
    pub fn retry(source: impl Into<BoxError>) -> Self {
        Self::Retry { source: source.into(), after: None }
    }

    /// Another attempt may succeed, not before so long.
    pub fn retry_after(source: impl Into<BoxError>, after: Duration) -> Self {
        Self::Retry { source: source.into(), after: Some(after) }
    }

    /// No attempt will succeed.
    pub fn fail(source: impl Into<BoxError>) -> Self {
        Self::Fail { source: source.into() }
    }

    /// Nothing of this kind will succeed for so long.
    pub fn pause(source: impl Into<BoxError>, duration: Duration) -> Self {
        Self::Pause { source: source.into(), duration, yields: None }
    }

    /// As [`JobError::pause`], where the fault may be one firm's alone: after the pause its jobs wait so
    /// much longer and stand in nobody's way.
    pub fn pause_and_yield(source: impl Into<BoxError>, duration: Duration, longer: Duration) -> Self {
        Self::Pause { source: source.into(), duration, yields: Some(longer) }
    }

    /// The error with all its causes, in one line.
    pub(super) fn chain(&self) -> String {
        let (Self::Retry { source, .. } | Self::Fail { source } | Self::Pause { source, .. }) = self;
        let mut text = source.to_string();
        let mut cause = source.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// The schema has said already: what a rule refuses stays refused, what is broken stays broken; a
/// database that does not answer, or fails in a way nobody foresaw, gets all the attempts.
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

/// A handler that did not end in its time.
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
    fn the_schema_decides_what_is_retried() {
        assert!(matches!(JobError::from(Error::from(Code::NotFound)), JobError::Fail { .. }));
        assert!(matches!(JobError::from(Fault::Broken("row".into())), JobError::Fail { .. }));
        assert!(matches!(
            JobError::from(Fault::Unavailable("gone".into())),
            JobError::Retry { after: None, .. }
        ));
    }
}
