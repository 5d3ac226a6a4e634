//! Builds a kind's apalis worker.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use apalis::layers::catch_panic::CatchPanicLayer;
use apalis_core::error::WorkerError;
use apalis_core::worker::builder::WorkerBuilder;
use apalis_core::worker::ext::parallelize::ParallelizeExt;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use guichet_base::clock::SharedClock;
use guichet_engine::job::Payload;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::assignment::{Assignment, Job};
use super::error::{JobError, TimedOut};
use super::inbox::Inbox;
use super::settle::{SettleLayer, panicked};

/// What a worker is started with.
pub(super) struct Equipment {
    /// Its name in the log.
    pub(super) name: String,
    pub(super) inbox: Inbox,
    pub(super) settle: SettleLayer,
    pub(super) clock: SharedClock,
    /// Canceled when it must take no more jobs; it ends when those in flight are done.
    pub(super) drain: CancellationToken,
}

/// Starts the worker of a kind, and starts it again.
pub(super) type Launch = Arc<dyn Fn(Equipment) -> BoxFuture<'static, Result<(), WorkerError>> + Send + Sync>;

/// Builds the worker of a handler. From the outside in: each run is a task, it is settled, its panics are caught,
/// its time is limited.
pub(super) fn launch<P, H, F>(limit: Duration, handler: H) -> Launch
where
    P: Payload,
    H: Fn(Job, P) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), JobError>> + Send + 'static,
{
    Arc::new(move |equipment: Equipment| {
        let Equipment { name, inbox, settle, clock, drain } = equipment;
        let handler = handler.clone();
        let run = move |assignment: Assignment| {
            let job = assignment.job(clock.now());
            let span = tracing::info_span!("job", kind = P::KIND, job = %job.id, attempt = job.attempt);
            let handler = handler.clone();
            async move {
                let payload: P = serde::Deserialize::deserialize(&assignment.claimed().payload)
                    .map_err(|error: serde_json::Error| JobError::fail(error))?;
                let done = timeout(limit, handler(job, payload)).await;
                done.unwrap_or_else(|_| Err(JobError::retry(TimedOut(limit))))
            }
            .instrument(span)
        };
        WorkerBuilder::new(name)
            .backend(inbox)
            .parallelize(tokio::spawn)
            .layer(settle)
            .layer(CatchPanicLayer::with_panic_handler(panicked))
            .build(run)
            .run_until(async move {
                drain.cancelled().await;
                Ok::<(), WorkerError>(())
            })
            .boxed()
    })
}
