//! The layer around every handler, which settles the run when it ends.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Instant;

use apalis_core::error::BoxDynError;
use apalis_core::task::Task;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use guichet_base::clock::SharedClock;
use guichet_engine::job::{JobOutcome, Settled, backoff};
use tower::{Layer, Service};

use super::assignment::Assignment;
use super::error::{JobError, Panicked};
use super::metrics::{self, Run};
use super::settler::{Settlement, Settler};

/// Settles every run. The layers outside of it see no errors.
#[derive(Debug, Clone)]
pub(super) struct SettleLayer {
    pub(super) settler: Settler,
    pub(super) clock: SharedClock,
}

/// See [`SettleLayer`].
#[derive(Debug, Clone)]
pub(super) struct Settle<S> {
    inner: S,
    with: SettleLayer,
}

impl<S> Layer<S> for SettleLayer {
    type Service = Settle<S>;

    fn layer(&self, inner: S) -> Settle<S> {
        Settle { inner, with: self.clone() }
    }
}

impl<S> Service<Task<Assignment>> for Settle<S>
where
    S: Service<Task<Assignment>, Response = (), Error = BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<(), Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The handlers are always ready; if one were not, its call would report it.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, task: Task<Assignment>) -> Self::Future {
        let assignment = task.args.clone();
        let run = self.inner.call(task);
        let SettleLayer { settler, clock } = self.with.clone();
        async move {
            let began = Instant::now();
            let mut run = Box::pin(run);
            let ended = tokio::select! {
                biased;
                ended = &mut run => Some(ended),
                () = assignment.held().lost() => None,
            };
            let ended = match ended {
                // The effect has begun. If the run is canceled here, the job runs again and may repeat it: that is
                // avoided for as long as the process may go on.
                None if !assignment.point().close() => tokio::select! {
                    biased;
                    ended = &mut run => Some(ended),
                    () = assignment.held().abandoned() => None,
                },
                ended => ended,
            };
            // Nothing of a canceled run may remain when its job is released.
            drop(run);
            metrics::took(assignment.kind(), began.elapsed());
            match ended {
                Some(ended) => finish(&settler, assignment, ended, clock.now()).await,
                None if assignment.held().is_cut() => {
                    metrics::ran(assignment.kind(), Run::Released);
                    settler.settle(assignment, JobOutcome::Release).await;
                }
                None => lost(&assignment),
            }
            Ok(())
        }
        .boxed()
    }
}

async fn finish(
    settler: &Settler,
    assignment: Assignment,
    ended: Result<(), BoxDynError>,
    now: DateTime<Utc>,
) {
    let (kind, job) = (assignment.kind(), assignment.job(now));
    let settlement = settlement(ended, job.attempt, now, rand::random());
    let outcome = settlement.outcome.clone();
    let is_paused = settlement.pause.is_some();
    match (settler.settle(assignment.clone(), settlement).await, outcome) {
        (None, _) => lost(&assignment),
        (Some(Settled::Done), _) => metrics::ran(kind, Run::Done),
        (Some(Settled::Ready), JobOutcome::Retry { error, run_at }) => {
            metrics::ran(kind, Run::Retry);
            tracing::warn!(kind, job = %job.id, attempt = job.attempt, %run_at, %error, "job failed; it will be tried again");
        }
        (Some(Settled::Ready), _) => metrics::ran(kind, if is_paused { Run::Paused } else { Run::Released }),
        (Some(Settled::Dead), JobOutcome::Retry { error, .. } | JobOutcome::Bury { error }) => {
            metrics::ran(kind, Run::Dead);
            tracing::error!(kind, job = %job.id, attempt = job.attempt, %error, "job given up: a dead letter");
        }
        (Some(Settled::Dead), _) => metrics::ran(kind, Run::Dead),
    }
}

fn lost(assignment: &Assignment) {
    let (kind, id) = (assignment.kind(), assignment.claimed().lease.id);
    metrics::ran(kind, Run::Lost);
    tracing::warn!(kind, job = %id, "the lease of this run is lost; another worker has the job or will have it");
}

/// What happens to a job whose run ended like this. `random`, from 0 to 1, spreads the retries.
fn settlement(ended: Result<(), BoxDynError>, attempt: i32, now: DateTime<Utc>, random: f64) -> Settlement {
    let Err(error) = ended else { return JobOutcome::Done.into() };
    // Everything inside this layer returns JobErrors.
    let error = *error
        .downcast::<JobError>()
        .unwrap_or_else(|other| Box::new(JobError::Retry { source: other, after: None }));
    let text = error.chain();
    match error {
        JobError::Retry { after, .. } => {
            let wait = after.map_or_else(|| backoff(attempt, random), delta);
            JobOutcome::Retry { run_at: now + wait, error: text }.into()
        }
        JobError::Fail { .. } => JobOutcome::Bury { error: text }.into(),
        JobError::Pause { duration, yields, .. } => {
            let over = now + delta(duration);
            let outcome = match yields {
                None => JobOutcome::Release,
                Some(longer) => JobOutcome::Defer { run_at: over + delta(longer) },
            };
            Settlement { outcome, pause: Some((delta(duration), text)) }
        }
    }
}

/// At most a year, so that it can be added to any time.
fn delta(duration: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX).min(TimeDelta::days(365))
}

/// A panic is a failed attempt.
#[allow(clippy::borrowed_box, reason = "apalis hands it over so")]
pub(super) fn panicked(panic: &Box<dyn std::any::Any + Send>) -> JobError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    JobError::retry(Panicked(text.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn outcome(error: JobError) -> JobOutcome {
        settlement(Err(error.into()), 2, now(), 1.0).outcome
    }

    #[test]
    fn each_error_says_what_becomes_of_the_job() {
        assert_eq!(settlement(Ok(()), 1, now(), 0.5).outcome, JobOutcome::Done);
        let error = || "no".to_owned();
        let retry =
            |seconds| JobOutcome::Retry { run_at: now() + TimeDelta::seconds(seconds), error: error() };
        assert_eq!(outcome(JobError::retry("no")), retry(30));
        assert_eq!(outcome(JobError::retry_after("no", Duration::from_secs(7))), retry(7));
        assert_eq!(outcome(JobError::fail("no")), JobOutcome::Bury { error: error() });
        let paused = settlement(Err(JobError::pause("no", Duration::from_secs(60)).into()), 2, now(), 0.0);
        assert_eq!(paused.outcome, JobOutcome::Release);
        assert_eq!(paused.pause, Some((TimeDelta::seconds(60), error())));
        let yields = JobError::pause_and_yield("no", Duration::from_secs(60), Duration::from_secs(9));
        let yields = settlement(Err(yields.into()), 2, now(), 0.0);
        assert_eq!(yields.outcome, JobOutcome::Defer { run_at: now() + TimeDelta::seconds(69) });
        assert_eq!(yields.pause, Some((TimeDelta::seconds(60), error())));
    }

    #[test]
    fn foreign_errors_and_huge_waits_are_retries() {
        let foreign = settlement(Err("odd".into()), 1, now(), 1.0).outcome;
        assert_eq!(
            foreign,
            JobOutcome::Retry { run_at: now() + TimeDelta::seconds(15), error: "odd".to_owned() }
        );
        let far = outcome(JobError::retry_after("no", Duration::MAX));
        assert_eq!(far, JobOutcome::Retry { run_at: now() + TimeDelta::days(365), error: "no".to_owned() });
    }
}
