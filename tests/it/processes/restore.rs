//! The backup of `docs/OPERATIONS.md`, restored.

use std::ffi::OsStr;
use std::sync::Arc;

use diesel_async::SimpleAsyncConnection;
use guichet_base::clock::SystemClock;
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::live::LiveSide;
use serde_json::{Value, json};
use tokio::process::Command;

use super::run::guichet;
use super::site::Site;

/// Options that both Guichet and PostgreSQL's programs understand.
const OPTIONS: &str = "application_name=guichet&connect_timeout=10&tcp_user_timeout=20000&keepalives=1&keepalives_idle=15\
    &keepalives_interval=5&keepalives_count=3&target_session_attrs=read-write&channel_binding=prefer&sslmode=disable";

const GRID: &str = "subscription G($after: String) { ticketsChanged(after: $after) { cursor reload } }";

/// A dump contains everything: tickets, sessions, and a mail that was not sent yet, which the first worker on the
/// restored database sends. With the new epoch of the feed, screens reload.
#[tokio::test]
async fn a_dump_is_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder.path()) };
    let mut postgres = Postgres::start(options.without_fsync()).await.unwrap();
    let url = format!("{}?{OPTIONS}", postgres.url());
    guichet(&["migrate"], &[("DATABASE_URL", &url)], "").await;
    let mut site = Site::open(&url).await;
    let server = site.serve().await;
    site.mail(&server).await;
    let before = tickets(&site, &server).await;
    let cursor = begin(&site.store, &site.firm.owner.token, Value::Null).await["cursor"].clone();
    assert!(server.stop().await.success());

    let dump = folder.path().join("guichet.dump");
    let restored = format!("{}?{OPTIONS}", postgres.url_of("restored"));
    run(&postgres, "pg_dump", &["-Fc".as_ref(), "-f".as_ref(), dump.as_ref(), url.as_ref()]).await;
    let mut conn = db::connect(&url).await.unwrap();
    conn.batch_execute("CREATE DATABASE restored").await.unwrap();
    let into = ["-d".as_ref(), restored.as_ref(), "--no-owner".as_ref(), dump.as_ref()];
    run(&postgres, "pg_restore", &into).await;
    let epoch = "UPDATE firm_feed SET epoch = gen_random_uuid()";
    run(&postgres, "psql", &[restored.as_ref(), "-c".as_ref(), epoch.as_ref()]).await;

    site.url = restored;
    site.store = Store::new(db::pool(&site.url, 4).unwrap(), Arc::new(SystemClock));
    let (server, worker) = tokio::join!(site.serve(), site.work());
    assert_eq!(tickets(&site, &server).await, before);
    site.sent(&server, 1).await;
    assert_eq!(site.sink.mails().len(), 1);
    assert_eq!(begin(&site.store, &site.firm.owner.token, cursor).await["reload"], true);
    for process in [server, worker] {
        assert!(process.stop().await.success());
    }
    postgres.stop().await;
}

/// The tickets with their history.
async fn tickets(site: &Site, server: &guichet_tests::process::Process) -> Value {
    let query = "{ tickets(first: 10) { totalCount nodes { id number subject status version updatedAt
        history { field oldValue newValue } } } }";
    let told = site.ask(server, query, json!({})).await.unwrap();
    assert_eq!(told["tickets"]["totalCount"], 1);
    told
}

/// Follows from `after`; returns the first message.
async fn begin(store: &Store, token: &str, after: Value) -> Value {
    LiveSide::start(store).follow(Some(token), GRID, json!({ "after": after })).await.told().await
}

/// Runs one of PostgreSQL's programs.
async fn run(postgres: &Postgres, program: &str, arguments: &[&OsStr]) {
    let done = Command::new(postgres.bin_dir().join(program)).args(arguments).output().await.unwrap();
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
}
