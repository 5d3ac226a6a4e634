//! Where the worker of a kind takes its jobs from: apalis's `Backend`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::worker::context::WorkerContext;
use guichet_base::id::JobId;
use tokio::sync::mpsc::UnboundedReceiver;
use tower::layer::util::Identity;

use super::assignment::Assignment;
use super::settler::Settler;

/// The claimed jobs of one kind that have not started. Clones share them, so they survive a restart of the worker.
/// It never returns errors: on an error the worker would drop its jobs in flight.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    waiting: Arc<Mutex<UnboundedReceiver<Assignment>>>,
    settler: Settler,
}

impl Inbox {
    /// The jobs received from `waiting`; unbounded, because the slots limit it.
    pub(super) fn new(waiting: UnboundedReceiver<Assignment>, settler: Settler) -> Self {
        Self { waiting: Arc::new(Mutex::new(waiting)), settler }
    }

    /// Returns the jobs that have not started.
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::FutureExt;
    use guichet_engine::job::{Claimed, JobOutcome, Lease};
    use tokio::sync::mpsc::unbounded_channel;
    use tokio::sync::{Notify, Semaphore};
    use tokio_util::sync::CancellationToken;
    use uuid::Uuid;

    use super::super::assignment::Slot;
    use super::super::leases::Leases;
    use super::*;

    /// An assignment with its own slot.
    fn assignment(slots: &Arc<Semaphore>) -> Assignment {
        let lease = Lease { id: JobId::new(), token: Uuid::new_v4() };
        let claimed = Claimed {
            lease,
            kind: "test".to_owned(),
            firm_id: None,
            payload: serde_json::Value::Null,
            attempt: 1,
            max_attempts: 1,
            is_suspect: false,
        };
        let held = Leases::new(CancellationToken::new(), CancellationToken::new()).hold(
            lease,
            Instant::now(),
            Instant::now(),
        );
        let permit = Arc::clone(slots).try_acquire_owned().unwrap();
        Assignment::new(claimed, "test", held, Slot::new(permit, None, Arc::new(Notify::new())))
    }

    #[tokio::test]
    async fn what_was_not_begun_is_given_back_when_the_worker_closes() {
        let (settler, mut wishes) = Settler::new();
        let (sender, receiver) = unbounded_channel();
        let mut inbox = Inbox::new(receiver, settler);
        let (slots, worker) = (Arc::new(Semaphore::new(2)), WorkerContext::new("test"));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(inbox.poll_next(&mut cx, &worker).is_pending());
        let [begun, waiting] = [(); 2].map(|()| assignment(&slots));
        let ids = [&begun, &waiting].map(|assignment| assignment.claimed().lease.id);
        sender.send(begun).unwrap();
        sender.send(waiting).unwrap();
        let Poll::Ready(Some(Ok(task))) = inbox.poll_next(&mut cx, &worker) else { panic!("one waits") };
        assert_eq!(task.args.claimed().lease.id, ids[0]);
        assert!(inbox.poll_close(&mut cx, &worker).is_ready());
        let (released, outcome) = wishes.next().now_or_never().expect("one is given back");
        assert_eq!((released.claimed().lease.id, outcome), (ids[1], JobOutcome::Release));
        assert_eq!(slots.available_permits(), 0, "its slot is taken until it is settled");
        drop(released);
        assert_eq!(slots.available_permits(), 1);
    }
}
