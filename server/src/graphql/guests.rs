//! The clients with open websockets, which are disconnected when their session ends or their rights change.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guichet_base::id::SessionId;
use guichet_edge::Close;
use guichet_engine::actor::Membership;
use guichet_engine::store::Store;
use guichet_schema::people::session::queries::current_memberships;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// The pause between two checks of all sessions. A client is disconnected within 15 seconds.
const PAUSE: Duration = Duration::from_secs(10);

/// Closes a websocket whose session now uses another membership, or the same one with other rights.
pub const fn other_rights() -> Close {
    Close::reset("The session has other rights now")
}

/// The websocket clients of one process. Clones share the same state.
#[derive(Debug, Clone, Default)]
pub struct Guests(Arc<Mutex<Vec<Seat>>>);

/// An open websocket. The receiver is gone when the client has left.
#[derive(Debug)]
struct Seat {
    session: SessionId,
    /// The membership when the websocket was opened.
    membership: Option<Membership>,
    leave: oneshot::Sender<Close>,
}

impl Guests {
    /// Registers a client with this membership. Resolves when it must be disconnected.
    pub fn welcome(
        &self,
        session: SessionId,
        membership: Option<Membership>,
    ) -> impl Future<Output = Close> + Send + use<> {
        let (leave, told) = oneshot::channel();
        self.seats().push(Seat { session, membership, leave });
        async {
            match told.await {
                Ok(close) => close,
                // Nobody checks sessions any more: the process is ending.
                Err(_) => pending().await,
            }
        }
    }

    /// Checks the sessions of all clients, forever: one statement for all of them.
    pub async fn look_after(&self, store: &Store) -> Infallible {
        loop {
            sleep(PAUSE).await;
            self.look(store).await;
        }
    }

    async fn look(&self, store: &Store) {
        let seats = std::mem::take(&mut *self.seats());
        let mut seats: Vec<Seat> = seats.into_iter().filter(|seat| !seat.leave.is_closed()).collect();
        let sessions: HashSet<SessionId> = seats.iter().map(|seat| seat.session).collect();
        if sessions.is_empty() {
            return;
        }
        match current_memberships(store, &sessions.into_iter().collect::<Vec<_>>()).await {
            Ok(memberships) => seats = seats.into_iter().filter_map(|seat| seat.kept(&memberships)).collect(),
            // They stay connected: each operation checks the session itself, and fails likewise.
            Err(error) => tracing::warn!(%error, "the sessions of open websockets were not looked at"),
        }
        self.seats().extend(seats);
    }

    fn seats(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Keeps a client whose session still has the same membership; disconnects others.
    fn kept(self, memberships: &HashMap<SessionId, Option<Membership>>) -> Option<Self> {
        let close = match memberships.get(&self.session) {
            None => Close::forbidden("The session is over"),
            Some(membership) if *membership != self.membership => other_rights(),
            Some(_) => return Some(self),
        };
        // Fails when the client has left meanwhile.
        let _ = self.leave.send(close);
        None
    }
}
