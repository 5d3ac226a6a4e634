//! Processes that are killed with `kill -9` at the worst moments.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use guichet_tests::database::TestDatabase;
use guichet_tests::process::Process;
use guichet_tests::smtp::{Act, Rule, Step};
use serde_json::json;
use tokio::sync::Semaphore;

use super::site::Site;

/// D-04, F-02: a worker is killed while the relay has a mail and has not replied. Another worker sends it within half a
/// minute, with the same Message-ID. The relay, which accepted the first copy too, gets exactly two copies.
#[tokio::test]
async fn a_worker_in_the_midst_of_sending() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, first) = tokio::join!(site.serve(), site.work());
    site.sink.rule(Rule::new(Step::EndOfData, Act::Hold).times(1));
    site.mail(&server).await;
    site.sink.wait_until(|state| state.acted.len() == 1).await;
    let second = site.work().await;
    let begun = Instant::now();
    first.kill().await;
    site.sent(&server, 1).await;
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    site.sink.release();
    let mails = site.sink.wait_for(2).await;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].raw, mails[1].raw);
    second.stop().await;
    server.stop().await;
    database.drop().await;
}

/// D-04: a server is killed while it answers many requests. What it answered is kept. The others are repeated on
/// another server with the same keys and happen once. Each change is mailed once.
#[tokio::test]
async fn a_server_after_its_answers() {
    const WRITES: usize = 40;
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (first, second, worker) = tokio::join!(site.serve(), site.serve(), site.work());
    let (turns, answered) = (Semaphore::new(8), Semaphore::new(0));
    let keys: Vec<String> = (0..WRITES).map(|n| format!("write {n}")).collect();
    let write = async |server: &Process, key: &str| {
        let ticket = site.ticket(server, key).await?;
        site.change(server, &ticket, "IN_ANALYSIS", key).await?;
        Some(ticket)
    };
    let writing = keys.iter().map(async |key| {
        let _turn = turns.acquire().await.unwrap();
        let written = write(&first, key).await;
        answered.add_permits(1);
        written
    });
    let (written, ()) = tokio::join!(join_all(writing), async {
        answered.acquire_many(WRITES as u32 / 3).await.unwrap().forget();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(first.pid() as i32), nix::sys::signal::SIGKILL)
            .unwrap();
    });
    let acknowledged: HashSet<&String> = written.iter().flatten().collect();
    assert!(
        (1..WRITES).contains(&acknowledged.len()),
        "the server was killed too early or too late: {}",
        acknowledged.len()
    );

    let mut tickets = HashSet::new();
    for (key, ticket) in keys.iter().zip(&written) {
        let again = write(&second, key).await.expect("the other server answers");
        assert!(ticket.as_ref().is_none_or(|ticket| *ticket == again), "{key} became another ticket");
        assert!(tickets.insert(again), "{key} has the ticket of another key");
    }
    let counted = site.ask(&second, "{ tickets(first: 1) { totalCount } }", json!({})).await.unwrap();
    assert_eq!(counted["tickets"]["totalCount"], WRITES);
    site.sent(&second, WRITES as u64).await;
    let ids: HashSet<String> = site.sink.mails().iter().map(|mail| mail.message_id()).collect();
    assert_eq!((ids.len(), site.sink.mails().len()), (WRITES, WRITES));
    drop(first);
    second.stop().await;
    worker.stop().await;
    database.drop().await;
}
