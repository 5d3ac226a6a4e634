//! Many concurrent calls with the same idempotency key.

use futures_util::future::join_all;
use guichet_base::id::Id;
use serde_json::Value;

use super::api::{Api, Trouble};
use super::findings::Findings;
use super::office::{Office, new_key};
use crate::database::TestDatabase;
use crate::process::Launch;

const TWINS: usize = 50;
const ROUNDS: usize = 10;

/// Fifty concurrent calls with one key, over two processes with a small pool each: one effect, and fifty equal
/// answers.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let launch = Launch::serve(&office.url).with("DATABASE_POOL", "4");
    let serves = [launch.start().await, launch.start().await];
    let mut apis = Vec::new();
    for serve in &serves {
        apis.push(Api::new(&serve.url().await, &office.clerk.token));
    }
    let client = office.client("twins@example.com").await.encode();
    let mut findings = Findings::default();
    let (mut answers, mut effects) = (0, 0);
    for _ in 0..ROUNDS {
        let (key, subject) = (new_key(), new_key());
        let created = join_all(twins(&apis).map(|api| api.create(&key, &client, &subject))).await;
        let created = equal("ticketCreate", created, &mut findings);
        let id = created["ticket"]["id"].as_str().unwrap_or_default().to_owned();
        let number = created["ticket"]["number"].as_i64().unwrap_or_default();

        let key = new_key();
        let changed = join_all(twins(&apis).map(|api| api.change(&key, &id, "WAITING"))).await;
        let changed = equal("ticketStatusChange", changed, &mut findings);
        findings.expect(changed["outcome"] == "CHANGED", "a change of status did not happen");

        let key = new_key();
        let noted = join_all(twins(&apis).map(|api| api.note(&key, &id, "Chegou o balancete."))).await;
        equal("ticketMessagePost", noted, &mut findings);

        answers += 3 * TWINS;
        effects += 3;
        let found = office.effects(&id).await;
        findings.expect_equal("changes and messages of a ticket", found, (1, 1));
        findings.expect_equal("numbers given", number, office.tickets().await);
    }
    findings.count("calls", answers);
    findings.count("effects", effects);
    for serve in serves {
        serve.stop().await;
    }
    database.drop().await;
    findings
}

fn twins(apis: &[Api]) -> impl Iterator<Item = &Api> {
    apis.iter().cycle().take(TWINS)
}

/// The answer, which must be equal for all.
fn equal(what: &str, answers: Vec<Result<Value, Trouble>>, findings: &mut Findings) -> Value {
    let first = answers.iter().flatten().next().cloned().unwrap_or_default();
    let others = answers.iter().filter(|answer| answer.as_ref().ok() != Some(&first));
    for other in others {
        findings.expect(false, format!("{what}: {other:?} beside {first}"));
    }
    first
}
