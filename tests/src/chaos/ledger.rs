//! Clients that write and record what was acknowledged, to compare it with the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{Id, TicketId};
use guichet_engine::tables::{changes, tickets};
use guichet_schema::desk::ticket::model::{TicketField, TicketStatus};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::api::{Api, Trouble};
use super::findings::Findings;
use super::office::{Office, new_key};

/// The number of status changes per ticket.
const CHANGES: usize = 4;
/// The delay between attempts of the same write.
const AGAIN: Duration = Duration::from_millis(50);

/// What was acknowledged to the clients.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    /// Acknowledged tickets by subject, with their acknowledged changes.
    tickets: BTreeMap<String, Entry>,
    acknowledged: Vec<Instant>,
    troubles: Vec<Trouble>,
    refusals: usize,
}

#[derive(Debug, Default, Clone)]
struct Entry {
    id: String,
    changes: i64,
    status: Option<&'static str>,
}

/// Running clients; [`Writers::stop`] lets each finish its ticket.
pub struct Writers {
    /// What is acknowledged to them.
    pub ledger: Ledger,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Writers {
    /// Starts so many clients that write through the API at these addresses as fast as it answers, and repeat each
    /// write with the same key until it is acknowledged.
    pub async fn start(office: &Office, urls: &[String], count: usize) -> Self {
        let (ledger, stop, mut tasks) = (Ledger::default(), CancellationToken::new(), JoinSet::new());
        for (number, url) in urls.iter().cycle().take(count).enumerate() {
            let client = office.client(&format!("writer-{number}@example.com")).await.encode();
            let api = Api::new(url, &office.clerk.token);
            tasks.spawn(write(api, client, ledger.clone(), stop.clone()));
        }
        Self { ledger, stop, tasks }
    }

    /// Waits until so many more writes are acknowledged.
    pub async fn acknowledged(&self, more: usize) {
        let goal = self.ledger.entries().acknowledged.len() + more;
        while self.ledger.entries().acknowledged.len() < goal {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets each client finish its ticket; returns the ledger.
    ///
    /// # Panics
    /// When a client panicked.
    pub async fn stop(mut self) -> Ledger {
        self.stop.cancel();
        while let Some(task) = self.tasks.join_next().await {
            task.expect("a client goes on to the end");
        }
        self.ledger
    }
}

async fn write(api: Api, client: String, ledger: Ledger, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let (key, subject) = (new_key(), new_key());
        let created = ledger.insist(|| api.create(&key, &client, &subject)).await;
        let id = created["ticket"]["id"].as_str().unwrap_or_default().to_owned();
        ledger.entries().tickets.insert(subject.clone(), Entry { id: id.clone(), ..Entry::default() });
        for change in 0..CHANGES {
            let (key, status) = (new_key(), if change % 2 == 0 { "WAITING" } else { "IN_ANALYSIS" });
            let changed = ledger.insist(|| api.change(&key, &id, status)).await;
            if changed["outcome"] == "CHANGED" {
                let mut entries = ledger.entries();
                let entry = entries.tickets.entry(subject.clone()).or_default();
                entry.changes += 1;
                entry.status = Some(status);
            }
        }
    }
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Repeats a write until it is acknowledged.
    async fn insist<F>(&self, act: impl Fn() -> F) -> Value
    where
        F: Future<Output = Result<Value, Trouble>>,
    {
        loop {
            match act().await {
                Ok(payload) => {
                    let mut entries = self.entries();
                    entries.acknowledged.push(Instant::now());
                    entries.refusals += usize::from(payload["userErrors"] != Value::Array(Vec::new()));
                    return payload;
                }
                Err(trouble) => self.entries().troubles.push(trouble),
            }
            sleep(AGAIN).await;
        }
    }

    /// The time from `from` to the first acknowledged write; none when there was none.
    pub fn back_after(&self, from: Instant) -> Option<Duration> {
        let entries = self.entries();
        entries.acknowledged.iter().find(|at| **at > from).map(|at| at.duration_since(from))
    }

    /// Every acknowledged write is in the database exactly once; the API returned only these error codes.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn judge(&self, office: &Office, codes: &[&str], findings: &mut Findings) {
        let (entries, acknowledged, troubles, refusals) = {
            let entries = self.entries();
            (entries.tickets.clone(), entries.acknowledged.len(), entries.troubles.clone(), entries.refusals)
        };
        let mut conn = office.store.conn().await.expect("the database answers");
        let rows: Vec<(TicketId, String, i32, TicketStatus)> = tickets::table
            .select((tickets::id, tickets::subject, tickets::version, tickets::status))
            .load(&mut conn)
            .await
            .expect("tickets are read");
        let changes: Vec<(TicketId, i64)> = changes::table
            .filter(changes::field.eq(TicketField::Status))
            .group_by(changes::subject_id)
            .select((changes::subject_id, diesel::dsl::count_star()))
            .load(&mut conn)
            .await
            .expect("changes are read");
        let (mut lost, mut doubled) = (0, 0);
        for (subject, entry) in &entries {
            let mut found = rows.iter().filter(|row| row.1 == *subject);
            let Some((id, _, version, status)) = found.next().filter(|row| row.0.encode() == entry.id) else {
                lost += 1;
                continue;
            };
            doubled += found.count();
            let written = changes.iter().find(|(of, _)| of == id).map_or(0, |(_, count)| *count);
            lost += usize::try_from(entry.changes - written).unwrap_or_default();
            doubled += usize::try_from(written - entry.changes).unwrap_or_default();
            lost += usize::from(entry.status.is_some_and(|told| told != status.as_str()));
            doubled += usize::from(i64::from(*version) > 1 + entry.changes);
        }
        let slowest = troubles.iter().map(|trouble| trouble.took).max().unwrap_or_default();
        let longest =
            troubles.iter().map(|trouble| trouble.message.chars().count()).max().unwrap_or_default();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for trouble in &troubles {
            *kinds.entry(&trouble.code).or_default() += 1;
        }
        findings.count("acknowledged writes", acknowledged);
        findings.count("lost", lost);
        findings.count("doubled", doubled);
        for (code, count) in &kinds {
            findings.count(&format!("answers {code}"), count);
            let sample = troubles.iter().find(|trouble| trouble.code == **code).map(|t| t.message.as_str());
            let sample = sample.unwrap_or_default();
            findings.expect(codes.contains(code), format!("an answer {code}: {sample}"));
        }
        findings.count("slowest error after", format!("{:.1} s", slowest.as_secs_f64()));
        findings.expect_equal("acknowledged writes lost", lost, 0);
        findings.expect_equal("writes doubled", doubled, 0);
        findings.expect_equal("refusals of right writes", refusals, 0);
        findings.expect(slowest < Duration::from_secs(12), format!("an error took {slowest:?}"));
        findings.expect(longest < 200, format!("an error has {longest} characters"));
        findings.expect_equal("tickets nobody was told of", rows.len(), entries.len());
    }
}
