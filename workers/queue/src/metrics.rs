//! The metrics of the queue.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const RUNS: &str = "guichet_job_runs_total";
const DURATION: &str = "guichet_job_duration_seconds";
const DEPTH: &str = "guichet_jobs";
const AGE: &str = "guichet_jobs_oldest_ready_seconds";
const PAUSES: &str = "guichet_job_pauses";

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    Done,
    Retry,
    Paused,
    Released,
    Dead,
    Lost,
}

impl Run {
    const ALL: [Self; 6] = [Self::Done, Self::Retry, Self::Paused, Self::Released, Self::Dead, Self::Lost];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry => "retry",
            Self::Paused => "paused",
            Self::Released => "released",
            Self::Dead => "dead",
            Self::Lost => "lost",
        }
    }
}

/// Describes the metrics to the recorder, and begins those of these kinds at 0.
pub(super) fn begin(kinds: impl Iterator<Item = &'static str>) {
    describe_counter!(RUNS, "Runs of jobs, by kind and outcome");
    describe_histogram!(DURATION, Unit::Seconds, "How long the handler ran, by kind");
    describe_gauge!(DEPTH, "Jobs in the queue, by kind and state");
    describe_gauge!(AGE, Unit::Seconds, "How long the oldest due job has waited, by kind");
    describe_gauge!(PAUSES, "1 while a kind is paused and a person should look");
    for kind in kinds {
        Run::ALL.into_iter().for_each(|outcome| runs(kind, outcome).increment(0));
        paused(kind, false);
    }
}

/// Counts a run.
pub(super) fn ran(kind: &'static str, outcome: Run) {
    runs(kind, outcome).increment(1);
}

fn runs(kind: &'static str, outcome: Run) -> metrics::Counter {
    counter!(RUNS, "kind" => kind, "outcome" => outcome.as_str())
}

/// Records the duration of a handler.
pub(super) fn took(kind: &'static str, time: Duration) {
    histogram!(DURATION, "kind" => kind).record(time);
}

/// Reports how many jobs of a kind are in a state.
#[allow(clippy::cast_precision_loss, reason = "no queue has 2^52 jobs")]
pub(super) fn depth(kind: &str, state: &'static str, jobs: i64) {
    gauge!(DEPTH, "kind" => kind.to_owned(), "state" => state).set(jobs as f64);
}

/// Reports for how many seconds the oldest due job of a kind has waited.
pub(super) fn age(kind: &str, seconds: f64) {
    gauge!(AGE, "kind" => kind.to_owned()).set(seconds);
}

/// Reports whether a kind is paused.
pub(super) fn paused(kind: &str, is_paused: bool) {
    gauge!(PAUSES, "kind" => kind.to_owned()).set(if is_paused { 1.0 } else { 0.0 });
}
