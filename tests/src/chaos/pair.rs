//! Two servers of one office: one that stays, on which somebody works, and one that is stopped or killed, which
//! others follow.

use guichet_base::id::Id;

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use super::part::{End, Part};
use crate::database::TestDatabase;
use crate::process::{Launch, Process};

/// The servers, and a ticket that is changed all the time.
pub struct Pair {
    database: TestDatabase,
    /// The office.
    pub office: Office,
    stays: Process,
    goes: Part,
    /// The address of the server that is followed.
    pub address: String,
    api: Api,
    /// The ticket.
    pub ticket: String,
    changes: usize,
}

impl Pair {
    /// Starts both.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn open() -> Self {
        let database = TestDatabase::new().await;
        let office = Office::open(&database.url).await;
        let launch = Launch::serve(&office.url);
        let (stays, (goes, address)) = tokio::join!(launch.start(), Part::serve(launch.clone()));
        let api = Api::new(&stays.url().await, &office.clerk.token);
        let ticket = office.ticket("pair@example.com").await.encode();
        Self { database, office, stays, goes, address, api, ticket, changes: 0 }
    }

    /// Changes the ticket so often; returns its version.
    pub async fn change(&mut self, times: usize, findings: &mut Findings) -> i64 {
        let mut version = i64::MAX;
        for _ in 0..times {
            let status = if self.changes.is_multiple_of(2) { "WAITING" } else { "IN_ANALYSIS" };
            let changed = self.api.change(&new_key(), &self.ticket, status).await;
            findings.expect(changed.is_ok(), format!("a change was not taken: {changed:?}"));
            let told = changed.ok().and_then(|payload| payload["ticket"]["version"].as_i64());
            version = told.unwrap_or(i64::MAX);
            self.changes += 1;
        }
        version
    }

    /// Stops or kills the followed server.
    pub async fn leave(&mut self, end: End) {
        self.goes.leave(end).await;
    }

    /// Starts it again at the same address.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn come_back(&mut self) {
        self.goes.come_back().await;
    }

    /// Ends both.
    pub async fn end(mut self) {
        self.leave(End::Stopped).await;
        self.stays.stop().await;
        self.database.drop().await;
    }
}
