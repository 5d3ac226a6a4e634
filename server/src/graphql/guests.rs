//! Who sits at open websockets, and has to leave once the session is over or its rights are others.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guichet_base::id::SessionId;
use guichet_edge::Close;
use guichet_engine::actor::Membership;
use guichet_engine::store::Store;
use guichet_schema::people::session::queries::worn;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// How long after the last look at all sessions the next one begins. Whoever has to leave does so within
/// 15 seconds.
const PAUSE: Duration = Duration::from_secs(10);

/// Tells somebody to leave whose session wears another membership than the one that opened the websocket, or the same with
/// other rights.
pub const fn other_rights() -> Close {
    Close::reset("The session has other rights now")
}

/// The guests of one process. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Guests(Arc<Mutex<Vec<Seat>>>);

/// One open websocket. Whoever leaves by himself no longer listens.
#[derive(Debug)]
struct Seat {
    session: SessionId,
    /// What was worn when the websocket was opened.
    membership: Option<Membership>,
    leave: oneshot::Sender<Close>,
}

impl Guests {
    /// Gives a seat to somebody with this membership on. Resolves when they have to leave.
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
                // Nobody looks after guests any more: the process ends.
                Err(_) => pending().await,
            }
        }
    }

    /// Looks after the guests, for ever: one statement for all of them.
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
        match worn(store, &sessions.into_iter().collect::<Vec<_>>()).await {
            Ok(worn) => seats = seats.into_iter().filter_map(|seat| seat.kept(&worn)).collect(),
            // They stay: each operation asks for the session anew, and fails likewise.
            Err(error) => tracing::warn!(%error, "the sessions of open websockets were not looked at"),
        }
        self.seats().extend(seats);
    }

    fn seats(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Keeps the seat of whose session wears the same as before; tells others to leave.
    fn kept(self, worn: &HashMap<SessionId, Option<Membership>>) -> Option<Self> {
        let close = match worn.get(&self.session) {
            None => Close::forbidden("The session is over"),
            Some(membership) if *membership != self.membership => other_rights(),
            Some(_) => return Some(self),
        };
        // Whoever left meanwhile does not mind.
        let _ = self.leave.send(close);
        None
    }
}
