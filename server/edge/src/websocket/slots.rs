//! Counts the open websockets, and ends them when the process stops.

use std::collections::HashMap;
use std::future::pending;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use super::close::Close;
use crate::limits::SocketLimits;
use crate::metrics::websockets;
use crate::serve::{Clients, Place, network};
use crate::turns::{Turn, Turns};

/// The open websockets of a process. Clones share the same state.
#[derive(Clone, Debug)]
pub struct Sockets {
    stop: CancellationToken,
    open: TaskTracker,
    /// Held while a place is taken, so that two requests cannot take the last one.
    sessions: Arc<Mutex<HashMap<Uuid, usize>>>,
    clients: Clients,
    waiting: Clients,
    all_waiting: Arc<AtomicUsize>,
    silent: Turns,
}

impl Sockets {
    /// Starts with none. After `stop` no websocket is opened, and the open ones end: subscriptions at once, the
    /// rest when their mutations are done.
    pub fn new(stop: CancellationToken) -> Self {
        Self {
            stop,
            open: TaskTracker::new(),
            sessions: Arc::default(),
            clients: Clients::default(),
            waiting: Clients::default(),
            all_waiting: Arc::default(),
            silent: Turns::default(),
        }
    }

    /// Waits until all are closed, after `stop`.
    pub async fn closed(&self) {
        self.open.close();
        self.open.wait().await;
    }

    pub(super) const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Reserves a slot for a client at this address, within the limits.
    pub(super) fn slot(&self, limits: &SocketLimits, client: IpAddr) -> Option<Slot> {
        let _sessions = self.sessions();
        let client = network(client);
        if self.stop.is_cancelled() {
            return None;
        }
        let waiting = self.waiting.place(client, limits.waiting_per_client)?;
        let place = self.clients.place(client, limits.per_client)?;
        let is_full =
            self.open.len() >= limits.sockets || self.all_waiting.load(Ordering::Relaxed) >= limits.waiting;
        if is_full && !self.silent.revoke() {
            return None;
        }
        self.all_waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Some(Waiting { all: Arc::clone(&self.all_waiting), _place: waiting });
        websockets(1.0);
        Some(Slot {
            sockets: self.clone(),
            session: None,
            waiting,
            turn: Some(self.silent.take()),
            connection: None,
            _place: place,
            _open: self.open.token(),
        })
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Uuid, usize>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slot of an open websocket, released on drop.
pub(super) struct Slot {
    sockets: Sockets,
    session: Option<Uuid>,
    waiting: Option<Waiting>,
    /// For the time in which the client has said nothing yet.
    turn: Option<Turn>,
    /// The place of the connection, which the HTTP server no longer holds after the upgrade.
    pub connection: Option<Arc<Place>>,
    _place: Place,
    _open: TaskTrackerToken,
}

/// That a client is not admitted yet, until it is dropped.
struct Waiting {
    all: Arc<AtomicUsize>,
    _place: Place,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Slot {
    /// Completes when a client that has said nothing has to make room for another.
    pub async fn made_room(&self) {
        match &self.turn {
            Some(turn) => turn.lost().await,
            None => pending().await,
        }
    }

    /// The client has sent its first message, and keeps its slot from now on.
    pub fn has_spoken(&mut self) {
        self.turn = None;
    }

    /// Sets the session of the admitted client, that the slot counts for.
    ///
    /// # Errors
    /// 1013 when the session already has `limit` of them.
    pub fn belongs_to(&mut self, session: Uuid, limit: usize) -> Result<(), Close> {
        self.waiting = None;
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
    use std::net::Ipv4Addr;

    use futures_util::FutureExt;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn slots_are_given_back() {
        let sockets = Sockets::new(CancellationToken::new());
        let limits = SocketLimits { sockets: 2, ..SocketLimits::default() };
        let session = Uuid::from_u128(1);
        let mut first = spoken(sockets.slot(&limits, HERE));
        let mut second = spoken(sockets.slot(&limits, HERE));
        assert!(sockets.slot(&limits, HERE).is_none());
        first.belongs_to(session, 1).unwrap();
        assert_eq!(second.belongs_to(session, 1).unwrap_err().code(), 1013);
        drop(first);
        second.belongs_to(session, 1).unwrap();
        drop(second);
        assert!(sockets.sessions().is_empty());
        sockets.stop.cancel();
        assert!(sockets.slot(&limits, HERE).is_none());
    }

    /// Whose first message has arrived.
    fn spoken(slot: Option<Slot>) -> Slot {
        let mut slot = slot.unwrap();
        slot.has_spoken();
        slot
    }

    /// Those who say nothing make room for others, the longest first.
    #[test]
    fn who_says_nothing_makes_room() {
        let sockets = Sockets::new(CancellationToken::new());
        for limits in [
            SocketLimits { sockets: 3, ..SocketLimits::default() },
            SocketLimits { waiting: 3, ..SocketLimits::default() },
        ] {
            let has_lost = |slot: &Slot| slot.turn.as_ref().unwrap().lost().now_or_never().is_some();
            let said = spoken(sockets.slot(&limits, HERE));
            let [first, second] = [HERE, HERE].map(|client| sockets.slot(&limits, client).unwrap());
            let third = sockets.slot(&limits, THERE).unwrap();
            assert!(has_lost(&first) && !has_lost(&second) && !has_lost(&third));
            drop((said, first, second, third));
        }
    }

    /// Those who wait to be admitted take no slots from others.
    #[test]
    fn who_is_not_admitted_has_few() {
        let sockets = Sockets::new(CancellationToken::new());
        let limits =
            SocketLimits { per_client: 3, waiting_per_client: 2, waiting: 3, ..SocketLimits::default() };
        let mut first = spoken(sockets.slot(&limits, HERE));
        let second = spoken(sockets.slot(&limits, HERE));
        assert!(sockets.slot(&limits, HERE).is_none(), "two of this client wait");
        let third = spoken(sockets.slot(&limits, THERE));
        assert!(sockets.slot(&limits, THERE).is_none(), "three wait in all");
        first.belongs_to(Uuid::from_u128(1), 9).unwrap();
        let fourth = sockets.slot(&limits, HERE).unwrap();
        drop((second, third));
        assert!(sockets.slot(&limits, HERE).is_some());
        let mut fifth = sockets.slot(&limits, HERE).unwrap();
        fifth.belongs_to(Uuid::from_u128(1), 9).unwrap();
        assert!(sockets.slot(&limits, HERE).is_none(), "three of this client are open");
        drop((first, fourth, fifth));
        assert!(sockets.slot(&limits, HERE).is_some());
    }
}
