//! An office for fault runs: a firm in its own database, whose tickets cause mails.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::SystemClock;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{ActId, ClientId, DeliveryId, Id, TicketId};
use guichet_engine::actor::{Actor, StaffRole};
use guichet_engine::db;
use guichet_engine::job::JobStatus;
use guichet_engine::store::Store;
use guichet_engine::tables::{changes, email_deliveries, jobs, messages, tickets};
use guichet_schema::desk::ticket::commands::{self, CreateTicket};
use guichet_schema::desk::ticket::model::{TicketField, TicketStatus};
use guichet_schema::desk::ticket::status::{self, ChangeStatus};
use guichet_schema::shared::email_delivery::model::EmailDelivery;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::world::{Firm, Person, ticket_about};

/// The polling interval.
const LOOK: Duration = Duration::from_millis(50);

/// A firm and its store. Hints of direct changes reach nobody: workers find them in their periodic sweep.
#[derive(Debug, Clone)]
pub struct Office {
    /// The database's address.
    pub url: String,
    /// The store.
    pub store: Store,
    /// The acting person.
    pub clerk: Person,
    firm: Firm,
}

/// The number of jobs by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queue {
    /// Waiting jobs.
    pub ready: usize,
    /// Running jobs.
    pub running: usize,
    /// Dead letters.
    pub dead: usize,
}

impl Office {
    /// Opens an office in a migrated database.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn open(url: &str) -> Self {
        let pool = db::pool(url, 8).expect("a pool is made");
        let store = Store::new(pool, Arc::new(SystemClock));
        let firm = Firm::new(&store, "office.example").await;
        let clerk = firm.staff("clerk@office.example", StaffRole::Manager).await;
        Self { url: url.to_owned(), store, clerk, firm }
    }

    fn actor(&self) -> Actor {
        self.clerk.actor()
    }

    /// Creates a client with this address.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn client(&self, address: &str) -> ClientId {
        self.firm.client(address, Some(address)).await
    }

    /// Creates a ticket of a new client with this address.
    ///
    /// # Panics
    /// When it is refused, or the database does not answer.
    pub async fn ticket(&self, address: &str) -> TicketId {
        let input = ticket_about(self.client(address).await, "Folha de março");
        commands::create(&self.store, &self.actor(), &new_key(), input).await.expect("a ticket is made").value
    }

    /// The same, with a description of the greatest length.
    ///
    /// # Panics
    /// Like [`Office::ticket`].
    pub async fn long_ticket(&self, address: &str) -> TicketId {
        let input = CreateTicket {
            description: "á".repeat(10_000),
            ..ticket_about(self.client(address).await, "Folha de março")
        };
        commands::create(&self.store, &self.actor(), &new_key(), input).await.expect("a ticket is made").value
    }

    /// Changes a ticket's status to the other one of two, which causes one mail.
    ///
    /// # Panics
    /// When it is refused, or the database does not answer.
    pub async fn change(&self, id: TicketId, waiting: bool) -> ActId {
        let status = if waiting { TicketStatus::Waiting } else { TicketStatus::InAnalysis };
        let input = ChangeStatus { id, status, reason: None, expected_version: None };
        let changed = status::change_status(&self.store, &self.actor(), &new_key(), input).await;
        changed.expect("the status changes").value.act_id.expect("it was another one")
    }

    /// Causes one mail to an address.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn mail_to(&self, address: &str) -> EmailDelivery {
        let ticket = self.ticket(address).await;
        let act = self.change(ticket, true).await;
        self.deliveries_of(Some(act)).await.pop().expect("a change of status causes a mail")
    }

    /// All mails, oldest first.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn deliveries(&self) -> Vec<EmailDelivery> {
        self.deliveries_of(None).await
    }

    async fn deliveries_of(&self, act: Option<ActId>) -> Vec<EmailDelivery> {
        let all = email_deliveries::table.select(EmailDelivery::as_select());
        let mut query = all.order(email_deliveries::id).into_boxed();
        if let Some(act) = act {
            query = query.filter(email_deliveries::cause_id.eq(act));
        }
        let mut conn = self.store.conn().await.expect("the database answers");
        query.load(&mut conn).await.expect("deliveries are read")
    }

    /// The current state of a mail.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn delivery(&self, id: DeliveryId) -> EmailDelivery {
        let mut conn = self.store.conn().await.expect("the database answers");
        let row = email_deliveries::table.find(id).select(EmailDelivery::as_select());
        row.get_result(&mut conn).await.expect("deliveries stay")
    }

    /// How many tickets there are.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn tickets(&self) -> i64 {
        let mut conn = self.store.conn().await.expect("the database answers");
        tickets::table.count().get_result(&mut conn).await.expect("tickets are counted")
    }

    /// The number of status changes and messages of a ticket.
    ///
    /// # Panics
    /// When there is no such ticket, or the database does not answer.
    pub async fn effects(&self, ticket: &str) -> (i64, i64) {
        let id = TicketId::decode(ticket).expect("the id of a ticket");
        let mut conn = self.store.conn().await.expect("the database answers");
        let changes = changes::table
            .filter(changes::subject_id.eq(id).and(changes::field.eq(TicketField::Status)))
            .count()
            .get_result(&mut conn)
            .await
            .expect("changes are counted");
        let messages = messages::table.filter(messages::subject_id.eq(id)).count();
        (changes, messages.get_result(&mut conn).await.expect("messages are counted"))
    }

    /// The queue now.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn queue(&self) -> Queue {
        let mut conn = self.store.conn().await.expect("the database answers");
        let states: Vec<JobStatus> =
            jobs::table.select(jobs::status).load(&mut conn).await.expect("jobs are read");
        let count = |wanted| states.iter().filter(|state| **state == wanted).count();
        Queue {
            ready: count(JobStatus::Ready),
            running: count(JobStatus::Running),
            dead: count(JobStatus::Dead),
        }
    }

    /// Waits until no job waits or runs; returns whether that happened. Gives up after so long without progress.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn emptied(&self, patience: Duration) -> bool {
        let (mut fewest, mut since) = (usize::MAX, Instant::now());
        loop {
            let queue = self.queue().await;
            let left = queue.ready + queue.running;
            if left < fewest {
                (fewest, since) = (left, Instant::now());
            }
            if left == 0 || since.elapsed() > patience {
                return left == 0;
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until a condition holds; returns whether it did in time.
    pub async fn within(&self, limit: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
        let begun = Instant::now();
        while !holds().await {
            if begun.elapsed() > limit {
                return false;
            }
            sleep(LOOK).await;
        }
        true
    }
}

/// A new idempotency key.
pub fn new_key() -> String {
    Uuid::new_v4().simple().to_string()
}
