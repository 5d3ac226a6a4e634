//! What a kind's worker takes its jobs from: apalis's `Backend`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::worker::context::WorkerContext;
use guichet_schema::id::JobId;
use tokio::sync::mpsc::UnboundedReceiver;
use tower::layer::util::Identity;

use super::assignment::Assignment;
use super::settler::Settler;

/// The claimed jobs of one kind that are not begun. Clones share them, so that they outlive a worker
/// that has to be started again. It knows no errors: one would drop what its worker has in flight.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    waiting: Arc<Mutex<UnboundedReceiver<Assignment>>>,
    settler: Settler,
}

impl Inbox {
    /// The jobs that come through `waiting`; unbounded, as the slots bound it.
    pub(super) fn new(waiting: UnboundedReceiver<Assignment>, settler: Settler) -> Self {
        Self { waiting: Arc::new(Mutex::new(waiting)), settler }
    }

    /// Gives back what was not begun.
    pub(super) fn release(&self) {
        let mut waiting = self.lock();
        while let Ok(assignment) = waiting.try_recv() {
            self.settler.release(assignment);
        }
    }

    fn lock(&self) -> MutexGuard<'_, UnboundedReceiver<Assignment>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Inbox {
    type Task = Task<Assignment>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        self.lock().poll_recv(cx).map(|next| next.map(|assignment| Ok(Task::new(assignment))))
    }

    fn poll_close(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        self.release();
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for Inbox {
    type Args = Assignment;
    type Id = JobId;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}
