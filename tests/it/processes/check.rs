//! `guichet check`: one line for each thing, and nothing that stays.

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use diesel_async::SimpleAsyncConnection;
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use guichet_tests::app::OPERATOR;
use guichet_tests::clamd::FakeClamd;
use guichet_tests::database::TestDatabase;
use guichet_tests::front::Front;
use guichet_tests::object_store::{Fault, S3Server};
use guichet_tests::place::Nobody;
use guichet_tests::redis::Redis;
use guichet_tests::smtp::{Options, Sink};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;

use super::run::{Ended, guichet};
use super::site::Site;

/// The settings of a whole installation, which a test may change.
struct Whole {
    site: Site,
    redis: Redis,
    scanner: FakeClamd,
    store: S3Server,
    folder: tempfile::TempDir,
    public_url: String,
}

impl Whole {
    async fn open(database: &TestDatabase, public_url: String) -> Self {
        let site = Site::open(&database.url).await;
        let store = S3Server::start_for_pages_of(&public_url).await;
        let (redis, scanner) = (Redis::start().await, FakeClamd::start().await);
        Self { site, redis, scanner, store, folder: tempfile::tempdir().unwrap(), public_url }
    }

    /// Checks with these settings instead.
    async fn check(&self, others: &[(&str, &str)]) -> Ended {
        let mut settings: Vec<(&str, String)> = vec![
            ("DATABASE_URL", self.site.url.clone()),
            ("SMTP_URL", self.site.sink.starttls_url()),
            ("REDIS_URL", self.redis.url()),
            ("CLAMD_ADDRESS", self.scanner.address()),
            ("GUICHET_DATA", self.folder.path().display().to_string()),
            ("PUBLIC_URL", self.public_url.clone()),
        ];
        settings.extend(self.store.variables());
        settings.extend(others.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ended = guichet(&["check"], &settings, "").await;
        let all = format!("{}{}", ended.out, ended.err);
        for secret in ["first%20password", "first password", "a secret of tests", "hunter2"] {
            assert!(!all.contains(secret), "{ended:?}");
        }
        ended
    }
}

/// The lines that do not say "ok", except those about the machine that the tests run on.
fn amiss(ended: &Ended) -> Vec<&str> {
    let is_amiss = |line: &&str| !line.starts_with("ok ") && !line.starts_with("warn  machine ");
    ended.out.lines().filter(is_amiss).collect()
}

/// Checks that one line of this verdict and name contains this, and whether the check fails because of it.
#[track_caller]
fn told(ended: &Ended, verdict: &str, name: &str, part: &str) {
    let is_it = |line: &&str| line.starts_with(&format!("{verdict:<5} {name} ")) && line.contains(part);
    assert!(ended.out.lines().any(|line| is_it(&line)), "{verdict} {name} {part}: {ended:#?}");
    assert!(verdict != "fail" || ended.code == Some(1) && ended.err.contains("check"), "{ended:#?}");
}

/// All is well: every part is told, the exit code is 0, and nothing is left behind.
#[tokio::test]
async fn a_whole_installation() {
    let database = TestDatabase::new().await;
    let server = guichet_tests::process::Launch::serve(&database.url).start().await;
    let whole = Whole::open(&database, server.url().await).await;
    let ended = whole.check(&[]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(amiss(&ended), [""; 0], "{ended:#?}");
    for name in [
        "settings", "machine", "database", "redis", "relay", "senders", "files", "scanner", "clocks",
        "public",
    ] {
        assert!(
            ended.out.lines().any(|line| line.split_whitespace().nth(1) == Some(name)),
            "{name}: {ended:#?}"
        );
    }
    told(&ended, "ok", "files", &format!("CORS lets pages of {} upload and download", whole.public_url));
    told(&ended, "ok", "relay", "encrypted, signed in");
    assert_eq!((whole.store.objects(), whole.site.sink.mails().len()), (0, 0));
    assert_eq!(std::fs::read_dir(whole.folder.path()).unwrap().count(), 0);
    let mut conn = db::connect(&database.url).await.unwrap();
    let untouched = "DO $$ BEGIN ASSERT (SELECT place IS NOT NULL FROM installation)
        AND (SELECT count(*) FROM jobs) = 0 AND (SELECT count(*) FROM files) = 0; END $$";
    conn.batch_execute(untouched).await.unwrap();
    drop(conn);
    assert!(server.stop().await.success());
    database.drop().await;
}

/// Each part is away, or refuses: it is told with its setting, and the others are checked nevertheless.
#[tokio::test]
async fn parts_that_are_wrong() {
    let database = TestDatabase::new().await;
    let server = guichet_tests::process::Launch::serve(&database.url).start().await;
    let whole = Whole::open(&database, server.url().await).await;

    let wrong = whole.site.sink.starttls_url().replace("first%20password", "hunter2");
    let ended = whole.check(&[("SMTP_URL", &wrong), ("SMPT_URL", "hunter2")]).await;
    told(&ended, "fail", "relay", "SMTP_URL: ");
    told(&ended, "fail", "relay", "535 at AUTH");
    told(&ended, "warn", "settings", "SMPT_URL is no setting and is ignored; did you mean SMTP_URL?");
    assert_eq!(amiss(&ended).len(), 2, "{ended:#?}");

    // Nothing that it is given is refused, though not all of it is there.
    whole.scanner.leave(true);
    let ended = whole
        .check(&[("REDIS_URL", "unix:///no/redis.sock"), ("GUICHET_ALLOWED_ORIGINS", "https://a.example")])
        .await;
    told(&ended, "fail", "redis", "REDIS_URL: no such file or directory at /no/redis.sock");
    told(&ended, "fail", "scanner", "CLAMD_ADDRESS: clamd does not answer");
    told(&ended, "fail", "files", "CORS of the bucket does not let pages of https://a.example use PUT");
    assert_eq!(amiss(&ended).len(), 3, "{ended:#?}");
    assert!(ended.err.contains("3 checks fail"), "{ended:?}");
    whole.scanner.leave(false);

    whole.store.spoil(Some(Fault::Only(&Method::PUT, StatusCode::FORBIDDEN)));
    told(&whole.check(&[]).await, "fail", "files", "S3_ACCESS_KEY_ID: s3:PutObject is refused");
    whole.store.spoil(Some(Fault::Only(&Method::DELETE, StatusCode::FORBIDDEN)));
    told(&whole.check(&[]).await, "fail", "files", "S3_ACCESS_KEY_ID: s3:DeleteObject is refused");
    whole.store.spoil(Some(Fault::Dated("Thu, 01 Jan 2026 00:00:00 GMT")));
    told(&whole.check(&[]).await, "fail", "clocks", "s behind that of this machine");
    whole.store.spoil(None);
    told(&whole.check(&[("S3_BUCKET", "others")]).await, "fail", "files", "no bucket `others`");
    let nobody = Nobody::new();
    let away = format!("postgres://me:hunter2@{}/guichet", nobody.address());
    told(
        &whole.check(&[("DATABASE_URL", &away)]).await,
        "fail",
        "database",
        "DATABASE_URL: connection refused",
    );

    // A firm whose mails come from the operator's address, and an operator who has told none.
    told(&whole.check(&[]).await, "ok", "senders", &format!("come from {OPERATOR}"));
    let mut conn = db::connect(&database.url).await.unwrap();
    conn.batch_execute("DELETE FROM sender_proofs").await.unwrap();
    drop(conn);
    let ended = whole.check(&[]).await;
    told(&ended, "warn", "senders", "Contábil Aurora does not write from avisos@aurora.example (NOT_PROVED)");
    told(&ended, "warn", "senders", "it has to prove the domain");
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    told(&whole.check(&[("MAIL_FROM", "")]).await, "fail", "senders", "MAIL_FROM: is not set");

    // A wrong setting is told before anything is looked at.
    let ended = whole.check(&[("DATABASE_POOL", "many")]).await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(server.stop().await.success());
    database.drop().await;
}

/// Parts that accept a connection and say nothing: the check ends nevertheless.
#[tokio::test]
async fn parts_that_are_silent() {
    let database = TestDatabase::new().await;
    let whole = Whole::open(&database, "http://localhost:1".to_owned()).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = silent.local_addr().unwrap();
    whole.store.spoil(Some(Fault::Hold));
    let redis = format!("redis://:hunter2@{place}");
    let relay = format!("smtp://me:hunter2@{place}?timeout=1");
    let ended = whole.check(&[("REDIS_URL", &redis), ("SMTP_URL", &relay)]).await;
    told(&ended, "fail", "redis", &format!("REDIS_URL: no answer at {place}"));
    told(&ended, "fail", "relay", "no answer in time at greeting");
    told(&ended, "fail", "files", "S3_ENDPOINT: no S3 store answers at ");
    told(&ended, "warn", "public", "PUBLIC_URL: nothing answers at http://localhost:1/");
    told(&ended, "ok", "database", "PostgreSQL ");
    whole.store.spoil(None);
    database.drop().await;
}

/// What a proxy may do wrong.
#[tokio::test]
async fn proxies() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let check = async |router: Router| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let ended = guichet(&["check"], &[("PUBLIC_URL", &url), ("GUICHET_DATA", data)], "").await;
        serving.abort();
        ended
    };
    told(&check(Router::new()).await, "fail", "public", "is not guichet");
    let elsewhere = Router::new().fallback(async || Redirect::permanent("https://guichet.example/"));
    told(&check(elsewhere).await, "fail", "public", "leads to https://guichet.example/");
    let down = Router::new().fallback(async || StatusCode::BAD_GATEWAY);
    let ended = check(down).await;
    told(&ended, "warn", "public", "answers 502 Bad Gateway: start guichet");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let api = || post(async || axum::Json(json!({ "data": { "__typename": "Query" } })));
    let deaf = Router::new().route("/graphql", api().get(async || StatusCode::BAD_REQUEST));
    let deaf = deaf.route("/files/{grant}", get(async || "").put(async || StatusCode::PAYLOAD_TOO_LARGE));
    let ended = check(deaf).await;
    told(&ended, "fail", "public", "websockets do not get through (400 Bad Request)");
    told(&ended, "fail", "public", "the proxy refuses bodies of 25 MB (FILE_MAX_MB)");
}

/// A site that also speaks HTTP/2 is asked for a websocket as browsers ask: over HTTP/1.1.
#[tokio::test]
async fn a_site_with_http_2() {
    let database = TestDatabase::new().await;
    let folder = tempfile::tempdir().unwrap();
    let server = guichet_tests::process::Launch::serve(&database.url).start().await;
    let front = Front::start(&server.url().await).await;
    let authority = front.authority().display().to_string();
    let data = folder.path().to_str().unwrap();
    let settings = [("PUBLIC_URL", front.url()), ("GUICHET_DATA", data), ("SSL_CERT_FILE", &authority)];
    let ended = guichet(&["check"], &settings, "").await;
    told(&ended, "ok", "public", front.url());
    assert!(!ended.out.contains("websockets"), "{ended:#?}");
    assert!(server.stop().await.success());
    database.drop().await;
}

/// A database that is new, only reads, or is not the role's own; the check does not migrate it.
#[tokio::test]
async fn databases() {
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder.path()) };
    let mut postgres = Postgres::start(options.without_fsync()).await.unwrap();
    let url = postgres.url();
    let mut conn = db::connect(&url).await.unwrap();
    conn.batch_execute("CREATE ROLE reader LOGIN").await.unwrap();
    let check = async |url: &str| guichet(&["check"], &[("DATABASE_URL", url)], "").await;
    let ended = check(&url).await;
    told(&ended, "warn", "database", "migrations did not run yet");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let reader = url.replace("guichet@", "reader@");
    let ended = check(&reader).await;
    told(&ended, "fail", "database", "this role may not create tables");
    told(&ended, "fail", "database", "the extension pg_trgm is not there");
    let none = "DO $$ BEGIN ASSERT (SELECT count(*) FROM pg_tables WHERE schemaname = 'public') = 0; END $$";
    conn.batch_execute(none).await.unwrap();

    assert_eq!(guichet(&["migrate"], &[("DATABASE_URL", &url)], "").await.code, Some(0));
    told(&check(&url).await, "warn", "database", "there is no firm yet");
    told(&check(&reader).await, "fail", "database", "tables belong to another role");
    conn.batch_execute("ALTER DATABASE guichet SET default_transaction_read_only = on").await.unwrap();
    told(&check(&url).await, "fail", "database", "this database only reads");
    drop(conn);
    postgres.stop().await;
}

/// What waits for a person is told: dead and held jobs, and a copy that did not begin anew yet.
#[tokio::test]
async fn what_waits() {
    let database = TestDatabase::new().await;
    let mut conn = db::connect(&database.url).await.unwrap();
    conn.batch_execute(
        "INSERT INTO jobs (id, kind, payload, run_at, max_attempts, created_at, status, finished_at)
         SELECT gen_random_uuid(), 'email.send', '{}', now(), 1, now(), status, CASE status WHEN 'DEAD' THEN now() END
         FROM unnest(ARRAY['HELD', 'HELD', 'DEAD']) AS status;
         UPDATE installation SET place = 'elsewhere'",
    )
    .await
    .unwrap();
    drop(conn);
    let ended = guichet(&["check"], &[("DATABASE_URL", &database.url)], "").await;
    told(&ended, "warn", "database", "jobs email.send: 2 held since a restore");
    told(&ended, "warn", "database", "jobs email.send: 1 dead");
    told(&ended, "warn", "database", "this database was restored or copied");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    database.drop().await;
}

/// Without settings, before a first start: nothing is made.
#[tokio::test]
async fn a_trial_that_did_not_begin() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ended =
        guichet(&["check"], &[("GUICHET_DATA", data.to_str().unwrap()), ("GUICHET_LISTEN", "")], "").await;
    assert_eq!((ended.code, amiss(&ended)), (Some(0), vec![]), "{ended:#?}");
    told(&ended, "ok", "settings", "this is a trial");
    told(&ended, "ok", "database", "the first start of guichet makes a private PostgreSQL");
    assert!(!data.exists());
    let sink = Sink::start(Options::default()).await;
    let relay = sink.starttls_url();
    let settings = [("GUICHET_DATA", data.to_str().unwrap()), ("SMTP_URL", &relay)];
    let ended = guichet(&["check"], &settings, "").await;
    told(&ended, "warn", "public", "PUBLIC_URL is not set");
}
