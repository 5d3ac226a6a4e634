//! The backup of `docs/OPERATIONS.md`, restored.

use std::ffi::OsStr;
use std::sync::Arc;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use guichet_base::clock::SystemClock;
use guichet_base::id::Id;
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::live::LiveSide;
use guichet_tests::process::Process;
use guichet_tests::world::session;
use serde_json::{Value, json};
use tokio::process::Command;

use super::run::guichet;
use super::site::Site;

const GRID: &str = "subscription G($after: String) { ticketsChanged(after: $after) { cursor reload } }";

/// A site with a queued mail, and a copy of its database from a dump.
struct Copied {
    postgres: Postgres,
    _folder: tempfile::TempDir,
    site: Site,
    /// What the staff saw of the tickets, and the cursor of their screen.
    before: (Value, Value),
}

impl Copied {
    /// Dumps and restores as `docs/OPERATIONS.md` tells; `site` is then on the copy, whose sessions are those of the dump.
    async fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder.path()) };
        let postgres = Postgres::start(options.without_fsync()).await.unwrap();
        let url = postgres.url();
        guichet(&["migrate"], &[("DATABASE_URL", &url)], "").await;
        let mut site = Site::open(&url).await;
        let server = site.serve().await;
        site.mail(&server).await;
        let tickets = tickets(&site, &server).await;
        let cursor = begin(&site.store, &site.firm.owner.token, Value::Null).await["cursor"].clone();
        assert!(server.stop().await.success());

        let dump = folder.path().join("guichet.dump");
        let restored = postgres.url_of("restored");
        run(&postgres, "pg_dump", &["-Fc".as_ref(), "-f".as_ref(), dump.as_ref(), url.as_ref()]).await;
        let mut conn = db::connect(&url).await.unwrap();
        conn.batch_execute("CREATE DATABASE restored").await.unwrap();
        let into = ["-d".as_ref(), restored.as_ref(), "--no-owner".as_ref(), dump.as_ref()];
        run(&postgres, "pg_restore", &into).await;
        site.url = restored;
        site.store = Store::new(db::pool(&site.url, 4).unwrap(), Arc::new(SystemClock));
        Self { postgres, _folder: folder, site, before: (tickets, cursor) }
    }

    /// A command on the copy, that succeeds.
    async fn command(&self, arguments: &[&str]) -> String {
        let ended = guichet(arguments, &[("DATABASE_URL", &self.site.url)], "").await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out
    }

    /// The owner signs in again.
    async fn sign_in(&mut self) {
        let old = Some(&*self.site.firm.owner.token);
        let answer = LiveSide::start(&self.site.store).follow(old, GRID, json!({})).await.answer().await;
        let code = answer.map(|mut answer| answer["errors"][0]["extensions"]["code"].take());
        assert_eq!(code, Some(json!("UNAUTHENTICATED")), "the old session is over");
        let owner = &mut self.site.firm.owner;
        let until = self.site.store.now() + TimeDelta::days(1);
        owner.token = session(&self.site.store, owner.account_id, &owner.membership, until).await;
    }

    /// Stops these processes, and the server.
    async fn end(mut self, processes: [Process; 2]) {
        for process in processes {
            assert!(process.stop().await.success());
        }
        self.postgres.stop().await;
    }
}

/// The delivery of the only mail.
async fn delivery(site: &Site, server: &Process) -> Value {
    let query = "{ emailDeliveries(first: 2) { nodes { id status reason } } }";
    let mut told = site.ask(server, query, json!({})).await.unwrap();
    let all = told["emailDeliveries"]["nodes"].as_array_mut().unwrap();
    assert_eq!(all.len(), 1);
    all[0].take()
}

/// A dump contains everything: tickets, and a mail that was queued. It may have been sent since, so it is held until it
/// is released, whether workers run or not; screens reload, and everybody signs in again. `guichet restored` may be
/// repeated.
#[tokio::test]
async fn a_dump_is_a_backup() {
    let mut copied = Copied::make().await;
    let first = copied.command(&["restored"]).await;
    assert!(
        first.starts_with("screens load anew and everybody signs in again; these mails were queued"),
        "{first}"
    );
    assert!(first.contains(" 1 mail, queued from "), "{first}");
    assert_eq!(copied.command(&["restored"]).await, first);
    copied.sign_in().await;
    let site = &copied.site;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    assert_eq!(tickets(site, &server).await, copied.before.0);
    let cursor = copied.before.1.clone();
    assert_eq!(begin(&site.store, &site.firm.owner.token, cursor).await["reload"], true);
    // Processes are connected now.
    let refused = guichet(&["restored"], &[("DATABASE_URL", &site.url)], "").await;
    assert!(refused.code == Some(1) && refused.err.contains("stop all processes first"), "{refused:?}");

    // Mails that are queued now are sent, the held one is not.
    let ticket = site.ticket(&server, "another ticket").await.unwrap();
    site.change(&server, &ticket, "IN_ANALYSIS", "another change").await.unwrap();
    site.sink.wait_for(1).await;
    let held = copied.command(&["mail", "held"]).await;
    assert!(held.starts_with("firm_") && held.contains(" 1 mail, queued from "), "{held}");
    assert_eq!(copied.command(&["mail", "held", "--before", "2026-01-01"]).await, "no such mails are held\n");
    let listed = copied.command(&["jobs", "list", "--status", "held"]).await;
    assert!(listed.contains("HELD") && listed.contains("email.send"), "{listed}");
    assert_eq!(copied.command(&["mail", "release", "--before", "2026-01-01"]).await, "sending 0 mails now\n");
    assert_eq!(site.sink.mails().len(), 1);

    assert_eq!(copied.command(&["mail", "release", "--all"]).await, "sending 1 mail now\n");
    site.sent(&server, 2).await;
    assert_eq!(site.sink.mails().len(), 2);
    assert_eq!(copied.command(&["mail", "release", "--all"]).await, "sending 0 mails now\n");
    copied.end([server, worker]).await;
}

/// Who forgets `guichet restored` loses nothing: the processes notice that the database is another one. Discarded mails
/// are told to staff, who can send them again.
#[tokio::test]
async fn a_copy_is_noticed() {
    let mut copied = Copied::make().await;
    // A dump may have caught a mail without its job; the reconciler would write one.
    let mut conn = db::connect(&copied.site.url).await.unwrap();
    conn.batch_execute("DELETE FROM jobs").await.unwrap();
    drop(conn);
    let (server, worker) = tokio::join!(copied.site.serve(), copied.site.work());
    copied.sign_in().await;
    let site = &copied.site;
    let lines = [server.output(), worker.output()].concat();
    let noticed = lines.iter().filter(|line| line.contains("this database was restored or copied")).count();
    assert_eq!(noticed, 1, "one of them did it: {lines:#?}");
    assert_eq!(delivery(site, &server).await["status"], "QUEUED");

    let refused = guichet(&["mail", "discard", "--all"], &[("DATABASE_URL", &site.url)], "").await;
    assert!(
        refused.code == Some(1) && refused.err.contains("this would discard 1 mail: add --yes"),
        "{refused:?}"
    );
    let firm = site.firm.id.encode();
    let discarded = copied.command(&["mail", "discard", "--firm", &firm, "--yes"]).await;
    assert_eq!(discarded, "discarded 1 mail, which staff see as not sent\n");
    assert_eq!(copied.command(&["mail", "held"]).await, "no such mails are held\n");
    let unsent = delivery(site, &server).await;
    assert_eq!((&unsent["status"], &unsent["reason"]), (&json!("NOT_SENT"), &json!("DISCARDED")));
    assert_eq!(site.sink.mails().len(), 0);

    let retry = "mutation ($input: EmailDeliveryRetryInput!) { emailDeliveryRetry(input: $input) { userErrors { code } } }";
    let input = json!({ "id": unsent["id"], "idempotencyKey": "again" });
    let again = site.ask(&server, retry, json!({ "input": input })).await.unwrap();
    assert_eq!(again["emailDeliveryRetry"]["userErrors"], json!([]));
    site.sent(&server, 1).await;

    // The next start is on the same database.
    assert!(server.stop().await.success());
    let server = site.serve().await;
    let lines = server.output();
    assert!(!lines.iter().any(|line| line.contains("restored or copied")), "{lines:#?}");
    copied.end([server, worker]).await;
}

/// The tickets with their history.
async fn tickets(site: &Site, server: &Process) -> Value {
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
