//! Two servers of one office: one that stays, on which somebody works, and one that goes, which others follow.

use guichet_schema::id::Id;

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use crate::database::TestDatabase;
use crate::process::{Launch, Process};

/// The servers, and a ticket that is changed all the time.
pub struct Pair {
    database: TestDatabase,
    /// The office.
    pub office: Office,
    stays: Process,
    again: Launch,
    /// The server that goes; none while it is away.
    goes: Option<Process>,
    /// Where that one is followed.
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
        let (stays, goes) = tokio::join!(launch.start(), launch.start());
        let address = goes.url().await;
        let again = launch.with("GUICHET_LISTEN", address.trim_start_matches("http://"));
        let api = Api::new(&stays.url().await, &office.clerk.token);
        let ticket = office.ticket("pair@example.com").await.encode();
        Self { database, office, stays, again, goes: Some(goes), address, api, ticket, changes: 0 }
    }

    /// Changes the ticket so often; answers its version then.
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

    /// Kills the server that goes, or stops it.
    pub async fn leave(&mut self, is_killed: bool) {
        match self.goes.take() {
            Some(server) if is_killed => server.kill().await,
            Some(server) => drop(server.stop().await),
            None => {}
        }
    }

    /// Starts it again, where it was.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn come_back(&mut self) {
        self.goes = Some(self.again.start().await);
    }

    /// Ends both.
    pub async fn end(mut self) {
        self.leave(false).await;
        self.stays.stop().await;
        self.database.drop().await;
    }
}
