//! Several processes on one database.

use std::net::TcpStream;

use guichet_embedded::{Postgres, PostgresOptions};
use guichet_tests::database::TestDatabase;
use guichet_tests::wait::until;

use super::run::guichet;
use super::site::Site;
use crate::desk::ticket::idempotency::Held;

/// D-04, D-05: requests to one server are mailed by a worker and visible on another server; the relay is used with
/// STARTTLS and a sign-in.
#[tokio::test]
async fn two_servers_and_a_worker() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (one, two, worker) = tokio::join!(site.serve(), site.serve(), site.work());
    for (server, other, key) in [(&one, &two, "first"), (&two, &one, "second")] {
        let ticket = site.ticket(server, key).await.unwrap();
        site.change(server, &ticket, "IN_ANALYSIS", key).await.unwrap();
        // A repeated request is one change, whichever server it reaches.
        assert_eq!(site.ticket(other, key).await.unwrap(), ticket);
        site.change(other, &ticket, "IN_ANALYSIS", key).await.unwrap();
    }
    site.sent(&one, 2).await;
    site.sent(&two, 2).await;
    let mails = site.sink.mails();
    assert_eq!(mails.len(), 2);
    for (process, metric, value) in [
        (&worker, "guichet_mails_total{outcome=\"sent\"}", 2.0),
        (&worker, "guichet_job_runs_total{kind=\"email.send\",outcome=\"done\"}", 2.0),
        (&worker, "guichet_database_waiting", 0.0),
        (&one, "guichet_database_connections{state=\"max\"}", 16.0),
    ] {
        assert_eq!(process.metric(metric).await, value, "{metric}");
    }
    for mail in mails {
        assert!(mail.encrypted);
        assert_eq!(
            (mail.user.as_deref(), &mail.to[..]),
            (Some("guichet"), &["nf@padaria.example".to_owned()][..])
        );
    }
    for process in [one, two, worker] {
        assert!(process.stop().await.success(), "SIGTERM ends a process successfully");
    }
    database.drop().await;
}

/// After PostgreSQL was restarted, or killed and restarted, requests and mails continue without a restart of the
/// processes, and nothing that was answered is lost.
#[tokio::test]
async fn postgresql_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder.path()) };
    let mut postgres = Postgres::start(options).await.unwrap();
    let database = postgres.url();
    guichet(&["migrate"], &[("DATABASE_URL", &database)], "").await;
    let site = Site::open(&database).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    let ticket = site.ticket(&server, "before").await.unwrap();
    for (round, status) in ["IN_ANALYSIS", "WAITING"].into_iter().enumerate() {
        site.change(&server, &ticket, status, status).await.unwrap();
        if round == 1 {
            postgres.kill().await;
        }
        postgres.restart().await.unwrap();
        site.sent(&server, round as u64 + 1).await;
    }
    let status = site.ask(&server, "{ tickets(first: 2) { nodes { status } } }", serde_json::json!({})).await;
    assert_eq!(status.unwrap()["tickets"]["nodes"], serde_json::json!([{ "status": "WAITING" }]));
    // A mail that was being sent meanwhile may be sent twice, with one Message-ID.
    let mut ids: Vec<String> = site.sink.mails().iter().map(|mail| mail.message_id()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2);
    assert!(server.stop().await.success());
    assert!(worker.stop().await.success());
    postgres.stop().await;
}

/// In a rolling restart no request is lost: a server that is asked to stop accepts no new connections, and answers the
/// requests that it has.
#[tokio::test]
async fn what_was_begun_is_finished() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let server = site.serve().await;
    let url = server.url().await;
    let ticket = site.ticket(&server, "a ticket").await.unwrap();
    let mut held = Held::begin(&site.store, "LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE").await;
    let stop = async {
        held.awaited().await;
        server.ask_to_stop();
        let address = url.trim_start_matches("http://");
        until("it no longer listens", async || TcpStream::connect(address).is_err().then_some(())).await;
        held.let_go().await;
        server.end().await
    };
    let change = site.change(&server, &ticket, "IN_ANALYSIS", "a change");
    let (changed, ended) = tokio::join!(change, stop);
    assert_eq!(changed, Some(()));
    assert!(ended.success());
    database.drop().await;
}
