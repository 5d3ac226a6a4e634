//! Idempotency keys: one effect per key, and the same answer to every call with it.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use guichet_base::id::{Id, TicketId};
use guichet_engine::db::{self, Separate};
use guichet_engine::store::Store;
use guichet_schema::desk::ticket::commands::create;
use guichet_tests::wait::DEADLINE;
use guichet_tests::world::ticket_about;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::desk::{Desk, each, errors, key, text};

/// A transaction that locks rows, so that actions wait for it.
pub struct Held(Separate);

impl Held {
    pub async fn rows(desk: &Desk, statement: &str, lock: &str) -> Self {
        Self::begin(&desk.app.store, &format!("{statement} FOR {lock}")).await
    }

    /// Locks what this statement locks.
    pub async fn begin(store: &Store, statement: &str) -> Self {
        let mut conn = store.dedicated().await.unwrap();
        conn.batch_execute(&format!("BEGIN; {statement}")).await.unwrap();
        Self(conn)
    }

    /// Runs a statement in the transaction.
    pub async fn run(&mut self, statement: &str) {
        self.0.batch_execute(statement).await.unwrap();
    }

    /// Waits until one session waits for the rows.
    pub async fn awaited(&mut self) {
        self.awaited_by(1).await;
    }

    /// Waits until this many sessions wait for the rows, or for a session that waits for them.
    pub async fn awaited_by(&mut self, count: i64) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            waiting: i64,
        }
        let waits = async {
            loop {
                // Not pg_stat_activity, which does not change within a transaction once it was read.
                let statement = "WITH RECURSIVE stopped (pid) AS (
                     SELECT pg_backend_pid()
                     UNION SELECT lock.pid FROM pg_locks AS lock, stopped
                         WHERE NOT granted AND stopped.pid = ANY (pg_blocking_pids(lock.pid))
                     ) SELECT count(*) - 1 AS waiting FROM stopped";
                let row: Row = diesel::sql_query(statement).get_result(&mut *self.0).await.unwrap();
                if row.waiting >= count {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, waits).await.expect("somebody waits for the rows");
    }

    pub async fn let_go(mut self) {
        self.0.batch_execute("COMMIT").await.unwrap();
    }
}

/// Sends the same call fifty times at once while `rows` are locked. Meanwhile another request must be answered: the
/// fifty have not taken all connections. Returns the payloads.
async fn fifty(desk: &Desk, rows: &str, act: &str, input: Value) -> Vec<Value> {
    let mut held = Held::rows(desk, rows, "UPDATE").await;
    let twins = join_all((0..50).map(|_| desk.act(&desk.member, act, input.clone())));
    let others = async {
        held.awaited().await;
        let query = "{ tickets(first: 5) { totalCount nodes { id client { name } } } }";
        desk.app.ask(&desk.manager, query, json!({})).await;
        held.let_go().await;
    };
    futures_util::join!(twins, others).0
}

/// Fifty concurrent `ticketCreate` with one key have one effect and fifty equal answers; other requests are answered
/// meanwhile.
#[tokio::test]
async fn fifty_tickets_at_once_are_one() {
    let desk = Desk::open().await;
    desk.opened(&desk.manager).await;
    let input = json!({ "idempotencyKey": key(), "clientId": desk.client.encode(), "subject": "Uma só" });
    let payloads = fifty(&desk, "SELECT 1 FROM ticket_numbers", "ticketCreate", input).await;
    assert_eq!(payloads.len(), 50);
    assert!(errors(&payloads[0]).is_empty(), "{}", payloads[0]);
    assert!(payloads.iter().all(|payload| payload == &payloads[0]));
    let query =
        "{ tickets(first: 10, orderBy: { field: NUMBER, direction: ASC }) { totalCount nodes { number } } }";
    let grid = desk.app.ask(&desk.owner, query, json!({})).await["tickets"].clone();
    assert_eq!((&grid["totalCount"], each(&grid["nodes"], "number")), (&json!(2), vec![json!(1), json!(2)]));
    // The repeated calls used no number.
    assert_eq!(desk.ticket(&desk.member, json!({})).await["number"], 3);
    desk.finish().await;
}

/// Fifty concurrent `ticketStatusChange` with one key have one effect: one change, and one mail to each recipient.
#[tokio::test]
async fn fifty_changes_of_status_at_once_are_one() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let input = json!({ "idempotencyKey": key(), "id": id, "status": "FINISHED" });
    let rows = format!("SELECT 1 FROM tickets WHERE id = '{}'", TicketId::decode(&id).unwrap().uuid());
    let payloads = fifty(&desk, &rows, "ticketStatusChange", input).await;
    let answers: BTreeSet<String> = payloads
        .iter()
        .map(|payload| {
            // The mails are shown in their current state, which may change between the answers.
            let deliveries = each(&payload["mail"]["deliveries"], "id");
            let mail = (&payload["mail"]["state"], deliveries);
            json!([payload["ticket"], payload["outcome"], payload["revision"], payload["userErrors"], mail])
                .to_string()
        })
        .collect();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!((&payloads[0]["outcome"], &payloads[0]["ticket"]["version"]), (&json!("CHANGED"), &json!(2)));
    desk.app.jobs_done().await;
    let mut recipients: Vec<String> = desk.app.sink.mails().iter().flat_map(|mail| mail.to.clone()).collect();
    recipients.sort();
    assert_eq!(recipients, ["ana@padaria.example", "contato@padaria.example"]);
    let history = desk.look(&desk.member, &id, "history { field }").await["history"].clone();
    assert_eq!(each(&history, "field"), ["CREATED", "STATUS"]);
    desk.finish().await;
}

/// Each mutation with a key has one effect. A later call with the key returns the object of the first in its current
/// state.
#[tokio::test]
async fn each_act_is_done_once() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let closed = desk.ticket_in("FINISHED").await;
    let charge =
        json!({ "clientId": desk.client.encode(), "description": "x", "amount": super::desk::reais(1) });
    let acts = [
        ("ticketCreate", json!({ "clientId": desk.client.encode(), "subject": "Guia" }), "ticket"),
        ("ticketMessagePost", json!({ "id": id, "visibility": "PUBLIC", "body": "Bom dia" }), "message"),
        ("ticketTransfer", json!({ "id": id, "to": { "staffId": desk.manager.id() } }), "transfer"),
        ("ticketStatusChange", json!({ "id": id, "status": "WAITING" }), "ticket"),
        ("ticketReopen", json!({ "id": closed }), "ticket"),
        ("chargeCreate", charge, "charge"),
    ];
    let effects = async || {
        let query = "query E($ids: [ID!]!) { tickets(first: 1) { totalCount } charges(first: 1) { totalCount }
            emailDeliveries(first: 1) { totalCount } nodes(ids: $ids) { ... on Ticket {
                version updatedAt history { id } transfers { id } conversation(first: 100) { nodes { id } } } } }";
        desk.app.ask(&desk.owner, query, json!({ "ids": [id, closed] })).await
    };
    for (act, mut input, thing) in acts {
        input["idempotencyKey"] = json!(key());
        let before = effects().await;
        let first = desk.done(&desk.manager, act, input.clone()).await;
        let after = effects().await;
        assert_ne!(after, before, "{act}");
        desk.app.pass(chrono::TimeDelta::hours(24));
        let again = desk.done(&desk.manager, act, input).await;
        assert_eq!(effects().await, after, "{act}");
        assert_eq!(
            (&again[thing]["id"], &again["revision"]),
            (&first[thing]["id"], &first["revision"]),
            "{act}"
        );
        assert_eq!(again["outcome"], first["outcome"], "{act}");
    }
    desk.finish().await;
}

/// A key belongs to one person, mutation and input: with another input it is refused; for another person or mutation it
/// is another key. Its length is limited.
#[tokio::test]
async fn whose_key_it_is() {
    let desk = Desk::open().await;
    let key = key();
    let input = |subject: &str| json!({ "idempotencyKey": key, "clientId": desk.client.encode(), "subject": subject });
    let first = desk.done(&desk.member, "ticketCreate", input("Guia")).await["ticket"]["id"].clone();
    let reused = desk.act(&desk.member, "ticketCreate", input("Outra")).await;
    assert_eq!(errors(&reused), ["idempotencyKey:IDEMPOTENCY_KEY_REUSED"]);
    assert_eq!(reused["ticket"], Value::Null);
    let mut tickets = BTreeSet::from([text(&first)]);
    for other in [&desk.manager, &desk.admin] {
        tickets.insert(text(&desk.done(other, "ticketCreate", input("Guia")).await["ticket"]["id"]));
    }
    assert_eq!(tickets.len(), 3);
    let note = json!({ "idempotencyKey": key, "id": first, "visibility": "INTERNAL", "body": "Nota" });
    desk.done(&desk.member, "ticketMessagePost", note).await;
    for (wrong, code) in
        [(String::new(), "REQUIRED"), ("k".repeat(201), "TOO_LONG"), ("k\0".to_owned(), "INVALID_TEXT")]
    {
        let input = json!({ "idempotencyKey": wrong, "clientId": desk.client.encode(), "subject": "Guia" });
        let refused = desk.refused(&desk.member, "ticketCreate", input).await;
        assert_eq!(refused, [format!("idempotencyKey:{code}")]);
    }
    let longest =
        json!({ "idempotencyKey": "é".repeat(200), "clientId": desk.client.encode(), "subject": "Guia" });
    desk.done(&desk.member, "ticketCreate", longest).await;
    desk.finish().await;
}

/// A refusal is not stored: once its reason is gone, the same key works.
#[tokio::test]
async fn refusals_are_not_kept() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.member).await;
    let reopen = json!({ "idempotencyKey": key(), "id": id });
    assert_eq!(desk.refused(&desk.member, "ticketReopen", reopen.clone()).await, ["TICKET_OPEN"]);
    desk.set(&id, "FINISHED").await;
    assert_eq!(desk.done(&desk.member, "ticketReopen", reopen.clone()).await["outcome"], "REOPENED");
    // Now the result is stored: a repeated call does not reopen the ticket that was closed since.
    desk.set(&id, "REJECTED").await;
    let twin = desk.done(&desk.member, "ticketReopen", reopen).await;
    assert_eq!((&twin["outcome"], &twin["ticket"]["status"]), (&json!("REOPENED"), &json!("REJECTED")));
    desk.finish().await;
}

/// One key with two inputs at once: calls with one input succeed, the others are refused.
#[tokio::test]
async fn one_key_for_two_inputs_at_once() {
    let desk = Desk::open().await;
    let key = key();
    let acts = (0..10).map(|number| {
        let subject = format!("Guia {}", number % 2);
        let input = json!({ "idempotencyKey": key, "clientId": desk.client.encode(), "subject": subject });
        desk.act(&desk.member, "ticketCreate", input)
    });
    let payloads = join_all(acts).await;
    let done: BTreeSet<String> =
        payloads.iter().filter(|p| errors(p).is_empty()).map(|p| text(&p["ticket"]["id"])).collect();
    let refused = payloads.iter().filter(|p| errors(p) == ["idempotencyKey:IDEMPOTENCY_KEY_REUSED"]).count();
    assert_eq!((done.len(), refused), (1, 5));
    desk.finish().await;
}

/// A commit that is cancelled (the client hangs up, a timeout) leaves no ticket and no open transaction that blocks the
/// firm's feed.
#[tokio::test]
async fn a_commit_that_is_broken_off() {
    let desk = Desk::open().await;
    let feed = format!("SELECT 1 FROM firm_feed WHERE firm_id = '{}'", desk.firm.id.uuid());
    let mut held = Held::rows(&desk, &feed, "UPDATE").await;
    // A separate pool: another user of the connection would roll the transaction back by chance.
    let pool = db::pool(&desk.app.database().url, 2).unwrap();
    let (store, actor) = (Store::new(pool, desk.app.clock.clone()), desk.member.actor());
    let at = store.clone();
    let input = ticket_about(desk.client, "Guia");
    let opening = tokio::spawn(async move { create(&at, &actor, "broken off", input).await });
    held.awaited().await;
    opening.abort();
    assert!(opening.await.unwrap_err().is_cancelled());
    held.let_go().await;
    let next = Held::rows(&desk, &feed, "UPDATE");
    timeout(DEADLINE, next).await.expect("nobody holds the feed").let_go().await;
    let next = desk.ticket(&desk.member, json!({})).await;
    assert_eq!(next["number"], 1, "the other one was never there");
    drop(store);
    desk.finish().await;
}
