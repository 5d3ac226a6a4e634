//! Hints between processes: through PostgreSQL, or through Redis if it is configured.

use std::sync::Arc;

use guichet_base::id::{FirmId, Id};
use guichet_engine::db;
use guichet_engine::hint::{self, FeedHints, Hints};
use guichet_engine::store::Store;
use guichet_server::redis;
use guichet_tests::clock::SystemClock;
use guichet_tests::database::TestDatabase;
use guichet_tests::process::Launch;
use guichet_tests::redis::Redis;
use guichet_tests::wait::DEADLINE;
use guichet_tests::websocket::Websocket;
use guichet_tests::world::Firm;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Sends hints until one is received: hints may get lost while the relay connects.
async fn heard(from: &Hints, to: &mut FeedHints) {
    let firm = FirmId::new();
    let telling = async {
        loop {
            from.feed(firm);
            tokio::time::sleep(hint::COALESCE).await;
        }
    };
    let hearing = async { while to.moved().await.is_none_or(|firms| !firms.contains(&firm)) {} };
    let both = async {
        tokio::select! { () = hearing => (), () = telling => () }
    };
    timeout(DEADLINE, both).await.expect("a hint is heard");
}

#[tokio::test]
async fn hints_go_through_postgresql() {
    let database = TestDatabase::new().await;
    let (one, two) = (Hints::default(), Hints::default());
    let mut passing = JoinSet::new();
    for hints in [&one, &two] {
        let (url, hints) = (database.url.clone(), hints.clone());
        passing.spawn(async move {
            tokio::join!(hint::announce(&url, &hints), hint::listen(&url, &hints));
        });
    }
    heard(&one, &mut two.feeds()).await;
    heard(&two, &mut one.feeds()).await;
    passing.shutdown().await;
    database.drop().await;
}

/// After Redis was killed and restarted, hints arrive again without a restart of the processes.
#[tokio::test]
async fn hints_go_through_redis() {
    let mut engine = Redis::start().await;
    let (one, two) = (Hints::default(), Hints::default());
    let mut passing = JoinSet::new();
    for hints in [&one, &two] {
        let (redis, hints) = (redis::Redis::parse(&engine.url()).unwrap(), hints.clone());
        passing.spawn(async move { redis.relay(&hints).await });
    }
    heard(&one, &mut two.feeds()).await;
    engine.kill().await;
    one.feed(FirmId::new());
    engine.restart().await;
    heard(&two, &mut one.feeds()).await;
    let mut jobs = two.listener();
    one.jobs();
    timeout(DEADLINE, jobs.jobs_committed()).await.expect("there are hints of jobs, too");
    passing.shutdown().await;
}

/// F-01: a screen connected to one process shows what another process commits, also while Redis is down.
#[tokio::test]
async fn f_01_two_servers_are_as_one() {
    let database = TestDatabase::new().await;
    let mut engine = Redis::start().await;
    let store = Store::new(db::pool(&database.url, 4).unwrap(), Arc::new(SystemClock));
    let firm = Firm::new(&store, "aurora.example").await;
    let client = firm.client("Padaria Sol", None).await;
    let serve = Launch::serve(&database.url).with("REDIS_URL", engine.url());
    let (one, two) = tokio::join!(serve.start(), serve.start());
    let (mut writes, mut reads) =
        tokio::join!(async { Websocket::bearer(&one.url().await, &firm.owner.token).await }, async {
            Websocket::bearer(&two.url().await, &firm.owner.token).await
        });
    let grid = "subscription { ticketsChanged { reload changed { subject } } }";
    reads.subscribe("grid", grid, json!({})).await;
    assert_eq!(reads.hear().await["payload"]["data"]["ticketsChanged"]["reload"], true);
    for subject in ["Um", "Dois", "Três"] {
        match subject {
            "Dois" => engine.kill().await,
            "Três" => engine.restart().await,
            _ => {}
        }
        let create = "mutation ($input: TicketCreateInput!) {
            ticketCreate(input: $input) { ticket { id } userErrors { code } }
        }";
        let input = json!({ "idempotencyKey": subject, "clientId": client.encode(), "subject": subject });
        let made = writes.ask(create, json!({ "input": input })).await;
        assert_eq!(made["ticketCreate"]["userErrors"], json!([]));
        let told = reads.hear().await["payload"]["data"]["ticketsChanged"]["changed"].clone();
        assert_eq!(told, json!([{ "subject": subject }]));
    }
    drop((writes, reads));
    assert!(one.stop().await.success() && two.stop().await.success());
    database.drop().await;
}
