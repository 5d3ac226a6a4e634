//! Counts the open websockets, and ends them when the process stops.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use super::close::Close;
use crate::metrics::websockets;

/// The open websockets of a process. Clones share the same state.
#[derive(Clone, Debug)]
pub struct Sockets {
    stop: CancellationToken,
    open: TaskTracker,
    /// The number of open websockets per session.
    sessions: Arc<Mutex<HashMap<Uuid, usize>>>,
}

impl Sockets {
    /// Starts with none. After `stop` no websocket is opened, and the open ones end: subscriptions at once, the
    /// rest when their mutations are done.
    pub fn new(stop: CancellationToken) -> Self {
        Self { stop, open: TaskTracker::new(), sessions: Arc::default() }
    }

    /// Waits until all are closed, after `stop`.
    pub async fn closed(&self) {
        self.open.close();
        self.open.wait().await;
    }

    pub(super) const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Reserves a slot, if fewer than `limit` are taken.
    pub(super) fn slot(&self, limit: usize) -> Option<Slot> {
        // Locked, so that two requests cannot take the last slot.
        let _sessions = self.sessions();
        if self.stop.is_cancelled() || self.open.len() >= limit {
            return None;
        }
        websockets(1.0);
        Some(Slot { sockets: self.clone(), session: None, _open: self.open.token() })
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Uuid, usize>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slot of an open websocket, released on drop.
pub(super) struct Slot {
    sockets: Sockets,
    session: Option<Uuid>,
    _open: TaskTrackerToken,
}

impl Slot {
    /// Sets the session that the slot counts for.
    ///
    /// # Errors
    /// 1013 when the session already has `limit` of them.
    pub fn belongs_to(&mut self, session: Uuid, limit: usize) -> Result<(), Close> {
        let mut sessions = self.sockets.sessions();
        let open = sessions.entry(session).or_default();
        if *open >= limit {
            return Err(Close::again_later("There are too many websockets of this session"));
        }
        *open += 1;
        drop(sessions);
        self.session = Some(session);
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        websockets(-1.0);
        let Some(session) = self.session else { return };
        let mut sessions = self.sockets.sessions();
        if let Some(open) = sessions.get_mut(&session) {
            *open -= 1;
            if *open == 0 {
                sessions.remove(&session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_given_back() {
        let sockets = Sockets::new(CancellationToken::new());
        let session = Uuid::from_u128(1);
        let mut first = sockets.slot(2).unwrap();
        let mut second = sockets.slot(2).unwrap();
        assert!(sockets.slot(2).is_none());
        first.belongs_to(session, 1).unwrap();
        assert_eq!(second.belongs_to(session, 1).unwrap_err().code(), 1013);
        drop(first);
        second.belongs_to(session, 1).unwrap();
        drop(second);
        assert!(sockets.sessions().is_empty());
        sockets.stop.cancel();
        assert!(sockets.slot(2).is_none());
    }
}
