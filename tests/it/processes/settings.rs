//! A wrong setting stops the start with code 2 and one sentence, which names the variable and no secret.

use diesel_async::SimpleAsyncConnection;
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use guichet_tests::database::TestDatabase;
use guichet_tests::object_store::S3Server;
use guichet_tests::place::Nobody;
use guichet_tests::process::Launch;
use guichet_tests::redis::Redis;
use guichet_tests::smtp::{Options, Sink, Step};
use guichet_tests::wait::until;
use tokio::net::TcpListener;

use super::run::guichet;

/// Checks that the start fails with exactly these sentences, one in each line.
async fn stops(arguments: &[&str], settings: &[(&str, &str)], sentences: &str) {
    let ended = guichet(arguments, settings, "").await;
    let told = (ended.code, ended.err.as_str());
    let expected: String = sentences.lines().map(|sentence| format!("guichet: {sentence}\n")).collect();
    assert_eq!(told, (Some(2), expected.as_str()), "{arguments:?} with {settings:?}");
    assert!(!ended.err.contains("hunter2") && ended.out.is_empty(), "{ended:?}");
}

/// This database and one more setting.
fn on<'a>(database: &'a TestDatabase, name: &'a str, value: &'a str) -> [(&'a str, &'a str); 2] {
    [("DATABASE_URL", &database.url), (name, value)]
}

/// The address of a page in the web.
async fn page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(async || "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head><body>Welcome</body></html>");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn the_database() {
    let missing = "DATABASE_URL: is not set, and several processes cannot share a private PostgreSQL";
    stops(&["serve"], &[], missing).await;
    stops(&["serve"], &[("DATABASE_URL", "")], missing).await;
    let malformed = "DATABASE_URL: is not an address such as postgres://user:password@host:5432/database";
    let scheme = "DATABASE_URL: begins with `mysql://`, not with `postgres://`";
    let unknown = "DATABASE_URL: has the option `sslmod`, which is not supported; did you mean `sslmode`?";
    for (url, sentence) in [
        ("hunter2", malformed),
        ("mysql://me:hunter2@db/guichet", scheme),
        ("postgres://me:hunter2@db/x?sslmod=require", unknown),
    ] {
        for command in ["serve", "migrate", "check"] {
            stops(&[command], &[("DATABASE_URL", url)], sentence).await;
        }
    }
    let relay = Sink::start(Options::default()).await;
    let relay = relay.starttls_url();
    let nobody = Nobody::new();
    let place = nobody.address();
    let url = format!("postgres://me:hunter2@{place}/guichet");
    let refused = format!("DATABASE_URL: connection refused at {place}");
    for command in [&["serve"][..], &["migrate"], &["jobs", "list"], &[]] {
        let settings =
            [("DATABASE_URL", url.as_str()), ("GUICHET_LISTEN", "127.0.0.1:0"), ("SMTP_URL", &relay)];
        stops(command, &settings, &refused).await;
    }
}

/// A PostgreSQL that requires the password of the user, and a database that does not exist.
#[tokio::test]
async fn the_password_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder.path()) };
    let mut postgres = Postgres::start(options.without_fsync()).await.unwrap();
    let mut conn = db::connect(&postgres.url()).await.unwrap();
    let ask_for_passwords = "
        CREATE ROLE stranger LOGIN PASSWORD 'right';
        DO $$ BEGIN
            EXECUTE format('COPY (VALUES (''local all stranger scram-sha-256''), (''local all all trust'')) TO %L',
                current_setting('hba_file'));
        END $$;
        SELECT pg_reload_conf();";
    conn.batch_execute(ask_for_passwords).await.unwrap();
    let (_, place) =
        postgres.url().rsplit_once('@').map(|(user, place)| (user.to_owned(), place.to_owned())).unwrap();
    let folder = place.strip_suffix("/guichet").unwrap().replace("%2F", "/");
    let url = format!("postgres://stranger:hunter2@{place}");
    // The reload takes a moment.
    until("passwords are required", async || db::connect(&url).await.err()).await;
    let sentence = format!("DATABASE_URL: password authentication failed for user \"stranger\" at {folder}");
    stops(&["serve"], &[("DATABASE_URL", &url), ("GUICHET_LISTEN", "127.0.0.1:0")], &sentence).await;
    let none = url.replace(":hunter2", "");
    let sentence = format!(
        "DATABASE_URL: the server asks for a password, and the address has none: write \
         postgres://user:password@host:5432/database (PGPASSWORD and PGPASSFILE are not read) at {folder}"
    );
    stops(&["serve"], &[("DATABASE_URL", &none), ("GUICHET_LISTEN", "127.0.0.1:0")], &sentence).await;
    let nowhere = format!("{}_of_nobody", postgres.url());
    let sentence = format!("DATABASE_URL: database \"guichet_of_nobody\" does not exist at {folder}");
    stops(&["migrate"], &[("DATABASE_URL", &nowhere)], &sentence).await;
    drop(conn);
    postgres.stop().await;
}

/// A database user who may not create tables, or not the extensions that are needed.
#[tokio::test]
async fn the_rights_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder.path()) };
    let mut postgres = Postgres::start(options.without_fsync()).await.unwrap();
    let mut conn = db::connect(&postgres.url()).await.unwrap();
    conn.batch_execute(
        "CREATE ROLE reader LOGIN; CREATE ROLE maker LOGIN; GRANT CREATE ON SCHEMA public TO maker",
    )
    .await
    .unwrap();
    for (role, reason) in [
        ("reader", "permission denied for schema public"),
        ("maker", "permission denied to create extension \"pg_trgm\""),
    ] {
        let url = postgres.url().replace("guichet@", &format!("{role}@"));
        let sentence = format!("DATABASE_URL: the tables cannot be brought up to date: {reason}");
        for command in [&["migrate"][..], &["serve"], &["jobs", "list"]] {
            stops(command, &[("DATABASE_URL", &url), ("GUICHET_LISTEN", "127.0.0.1:0")], &sentence).await;
        }
    }
    drop(conn);
    postgres.stop().await;
}

/// A data folder that cannot be created, because it is below a file.
#[tokio::test]
async fn the_data_folder() {
    let database = TestDatabase::new().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().join("data");
    let (folder, listen) = (folder.to_str().unwrap(), ("GUICHET_LISTEN", "127.0.0.1:0"));
    let relay = Sink::start(Options::default()).await;
    let relay = relay.starttls_url();
    let (database_url, smtp) = (("DATABASE_URL", database.url.as_str()), ("SMTP_URL", relay.as_str()));
    let files = format!("GUICHET_DATA: {folder}/files cannot be used: not a directory");
    stops(&[], &[database_url, smtp, ("GUICHET_DATA", folder), listen], &files).await;
    let all = format!("GUICHET_DATA: cannot create {folder}: not a directory");
    stops(&[], &[("GUICHET_DATA", folder), listen], &all).await;
    stops(&["demo"], &[("GUICHET_DATA", folder)], &all).await;
    database.drop().await;
}

/// An allowed origin that browsers could not send stops the start.
#[tokio::test]
async fn the_origins() {
    let database = TestDatabase::new().await;
    let sentence = "GUICHET_ALLOWED_ORIGINS: `https://a\"b.example` does not contain a valid host name";
    stops(&["serve"], &on(&database, "GUICHET_ALLOWED_ORIGINS", "https://a\"b.example"), sentence).await;
    database.drop().await;
}

#[tokio::test]
async fn the_relay() {
    let database = TestDatabase::new().await;
    let nowhere = "SMTP_URL: is not set, and mails would go nowhere";
    stops(&["work"], &on(&database, "SMTP_URL", ""), nowhere).await;
    // Outside of a trial, a mail that is only caught would count as sent.
    stops(&[], &on(&database, "SMTP_URL", ""), nowhere).await;
    stops(&[], &[("PUBLIC_URL", "https://guichet.example")], nowhere).await;
    let scheme = "SMTP_URL: begins with `http://`, not with `smtp+starttls://`, `smtps://` or `smtp://`";
    stops(&["work"], &on(&database, "SMTP_URL", "http://me:hunter2@relay.example"), scheme).await;
    stops(
        &["serve"],
        &on(&database, "SMTP_URL", "smtp://me@relay.example"),
        "SMTP_URL: has a user but no password: write user:password@ before the host, or neither",
    )
    .await;
    // Somebody answers for the mails of firms that have proved nothing; whoever sends none is told only.
    let relay = Sink::start(Options::default()).await;
    let relay = relay.starttls_url();
    let nobody_answers = [("DATABASE_URL", database.url.as_str()), ("SMTP_URL", &relay), ("MAIL_FROM", "")];
    let missing = "MAIL_FROM: is not set: give your own address, such as notices@guichet.example, from which the mails of firms come that have not proved their domain";
    stops(&["work"], &nobody_answers, missing).await;
    stops(&[], &nobody_answers, missing).await;
    let server = Launch::serve(&database.url).start().await;
    assert!(
        server.output().iter().any(|line| line.contains("MAIL_FROM is not set")),
        "{:?}",
        server.output()
    );
    assert!(server.stop().await.success());
    let sink = Sink::start(Options::default()).await;
    let wrong = sink.starttls_url().replace("first%20password", "hunter2");
    let refused = format!("SMTP_URL: {} does not work: 535 at AUTH", sink.address());
    stops(&["work"], &on(&database, "SMTP_URL", &wrong), &refused).await;
    let stranger = Sink::start(Options::default()).await;
    let untrusted =
        sink.starttls_url().replace(&sink.ca().display().to_string(), &stranger.ca().display().to_string());
    let ended = guichet(&["work"], &on(&database, "SMTP_URL", &untrusted), "").await;
    assert_eq!((ended.code, ended.err.lines().count()), (Some(2), 1), "{ended:?}");
    assert!(
        ended.err.starts_with(&format!("guichet: SMTP_URL: {} does not work: ", sink.address())),
        "{ended:?}"
    );
    assert!(ended.err.contains(" at TLS"), "{ended:?}");
    // Who greets with a 5xx will not take mails from us, now or later.
    sink.reply(Step::Connect, 554, "5.7.1 not from there");
    let refused = format!("SMTP_URL: {} does not work: 554 at greeting", sink.address());
    stops(&["work"], &on(&database, "SMTP_URL", &sink.starttls_url()), &refused).await;
    database.drop().await;
}

/// File stores: incomplete settings of a bucket, a wrong key, a bucket of somebody else, and what is no store.
#[tokio::test]
async fn the_file_store() {
    let database = TestDatabase::new().await;
    let listen = ("GUICHET_LISTEN", "127.0.0.1:0");
    let stops = async |settings: &[(&str, &str)], sentence: &str| {
        let settings = [&[("DATABASE_URL", database.url.as_str()), listen], settings].concat();
        stops(&["serve"], &settings, sentence).await;
    };
    stops(
        &[("S3_REGION", "x"), ("S3_ACCESS_KEY_ID", "a")],
        "S3_BUCKET: is not set, but S3_ACCESS_KEY_ID is\nS3_SECRET_ACCESS_KEY: is not set, but S3_ACCESS_KEY_ID is",
    )
    .await;
    stops(
        &[("S3_BUCKET", "files"), ("S3_ACCESS_KEY_ID", "a")],
        "S3_SECRET_ACCESS_KEY: is not set, but S3_BUCKET is",
    )
    .await;
    stops(&[("S3_ENDPOINT", "minio:9000")], "S3_ENDPOINT: is not an address such as https://s3.example:9000")
        .await;
    let server = S3Server::start().await;
    let variables = server.variables();
    let place = &variables[0].1;
    let with = |name: &'static str, value: &str| {
        let set = variables
            .iter()
            .map(move |(set, kept)| if *set == name { (*set, value) } else { (*set, kept.as_str()) });
        set.map(|(name, value)| (name, value.to_owned())).collect::<Vec<_>>()
    };
    let encrypted = place.replace("http", "https");
    let page = page().await;
    for (name, value, sentence) in [
        // It does not speak TLS.
        (
            "S3_ENDPOINT",
            encrypted.as_str(),
            format!("S3_ENDPOINT: received corrupt message of type InvalidContentType at {encrypted}"),
        ),
        ("S3_ENDPOINT", &page, format!("S3_ENDPOINT: what is at {page} answers no list of objects")),
        (
            "S3_SECRET_ACCESS_KEY",
            "hunter2",
            format!(
                "S3_ACCESS_KEY_ID: the store at {place} does not accept it with this S3_SECRET_ACCESS_KEY"
            ),
        ),
        (
            "S3_BUCKET",
            "others",
            format!("S3_BUCKET: the store at {place} has no bucket `others` that this key may use"),
        ),
    ] {
        let settings = with(name, value);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        stops(&settings, &sentence).await;
    }
    database.drop().await;
}

/// A Redis that does not let us in, or is none.
#[tokio::test]
async fn the_hints() {
    let database = TestDatabase::new().await;
    let sink = Sink::start(Options::default()).await;
    let relay = sink.starttls_url();
    let redis = Redis::start().await;
    redis.tell("ACL SETUSER speaker on >hunter2 &* +publish").await;
    redis.tell("CONFIG SET requirepass right").await;
    let open = redis.url();
    let socket = open.strip_prefix("unix://").unwrap();
    let (wrong, mute) = (format!("{open}?pass=hunter2"), format!("{open}?user=speaker&pass=hunter2"));
    let page = page().await;
    let page = page.strip_prefix("http://").unwrap();
    let scheme = "REDIS_URL: begins with `http://`, not with `redis://`, `rediss://` (TLS) or `unix://`";
    let none = "REDIS_URL: the server asks for a password, and the address has none: write \
        redis://user:password@host:6379";
    for (value, sentence) in [
        ("redis", "REDIS_URL: is not an address such as redis://user:password@host:6379".to_owned()),
        ("http://me:hunter2@redis:6379", scheme.to_owned()),
        (&open, format!("{none} at {socket}")),
        (&wrong, format!("REDIS_URL: the server does not accept this user and password at {socket}")),
        (
            &mute,
            format!("REDIS_URL: this user may not do that: it needs PING, PUBLISH and SUBSCRIBE at {socket}"),
        ),
        (&format!("redis://me:hunter2@{page}"), format!("REDIS_URL: what answers is no Redis at {page}")),
    ] {
        let settings = [("DATABASE_URL", database.url.as_str()), ("SMTP_URL", &relay), ("REDIS_URL", value)];
        for command in ["serve", "work"] {
            stops(&[command], &settings, &sentence).await;
        }
    }
    database.drop().await;
}

/// What is at the address of the scanner is none.
#[tokio::test]
async fn the_scanner() {
    let database = TestDatabase::new().await;
    let sink = Sink::start(Options::default()).await;
    let relay = sink.starttls_url();
    let page = page().await;
    let page = page.strip_prefix("http://").unwrap();
    for (value, sentence) in [
        (
            "clamd",
            "CLAMD_ADDRESS: is `clamd`, not an address such as clamd:3310 or /run/clamav/clamd.ctl"
                .to_owned(),
        ),
        (page, format!("CLAMD_ADDRESS: what is at {page} is no scanner: it says `HTTP/1.1 400 Bad Request`")),
    ] {
        let settings =
            [("DATABASE_URL", database.url.as_str()), ("SMTP_URL", &relay), ("CLAMD_ADDRESS", value)];
        stops(&["work"], &settings, &sentence).await;
    }
    database.drop().await;
}

/// All wrong settings are told at once, values are named as they were handed on, and no secret is.
#[tokio::test]
async fn all_that_are_wrong() {
    let settings = [
        ("DATABASE_URL", "postgres://me:hunter2@db:port/x"),
        ("SMTP_URL", "smtp://me@relay.example"),
        ("REDIS_URL", "reddis://:hunter2@redis"),
        ("S3_SECRET_ACCESS_KEY", "\"hunter2\""),
        ("GUICHET_GRAPHIQL", " ja\r\n"),
    ];
    let told = "DATABASE_URL: has a port that is no number from 1 to 65535; in a user or password, `:`, `/`, `?`, `#` \
        and `@` are written %3A, %2F, %3F, %23 and %40\n\
        SMTP_URL: has a user but no password: write user:password@ before the host, or neither\n\
        REDIS_URL: begins with `reddis://`, not with `redis://`, `rediss://` (TLS) or `unix://`\n\
        S3_SECRET_ACCESS_KEY: begins with a quote, which was handed on as a part of the value: write it without quotes\n\
        GUICHET_GRAPHIQL: is `ja`, not `on` or `off`";
    stops(&["serve"], &settings, told).await;
}

/// Names that were meant as settings are told: before a sentence about what is missing, and as warnings.
#[tokio::test]
async fn misspelt_names() {
    let database = TestDatabase::new().await;
    let told = "SMPT_URL is no setting and is ignored; did you mean SMTP_URL?";
    let missing = "SMTP_URL: is not set, and mails would go nowhere";
    let settings = [
        on(&database, "SMPT_URL", "smtp://me:hunter2@relay"),
        on(&database, "GUICHET_REDIS_URL", "redis://a"),
    ];
    let ended = guichet(&["work"], &settings.concat(), "").await;
    assert!(ended.err.contains(told) && ended.err.contains(missing), "{ended:?}");
    assert!(
        ended.err.contains("GUICHET_REDIS_URL is no setting and is ignored; did you mean REDIS_URL?"),
        "{ended:?}"
    );
    assert_eq!((ended.code, ended.err.contains("hunter2")), (Some(2), false), "{ended:?}");
    let ended = guichet(&["migrate"], &settings[0], "").await;
    assert!(ended.code == Some(0) && ended.err.contains(told), "{ended:?}");
    let ended = guichet(&["migrate"], &[("DATABASE_ULR", &*database.url), ("DATABASE_POOL", "x")], "").await;
    let expected = "guichet: DATABASE_ULR is no setting and is ignored; did you mean DATABASE_URL?\n\
        guichet: DATABASE_POOL: is `x`, not a number from 2 to 500\n";
    assert_eq!((ended.code, ended.err.as_str()), (Some(2), expected));
    database.drop().await;
}

#[tokio::test]
async fn the_address_to_listen_on() {
    let database = TestDatabase::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = taken.local_addr().unwrap().to_string();
    let sentence = format!("GUICHET_LISTEN: {place} is taken by another program");
    stops(&["serve"], &on(&database, "GUICHET_LISTEN", &place), &sentence).await;
    let relay = Sink::start(Options::default()).await;
    let (on_database, relay) = (on(&database, "GUICHET_LISTEN", &place), relay.starttls_url());
    stops(&[], &[&on_database[..], &[("SMTP_URL", &relay)]].concat(), &sentence).await;
    let malformed = "GUICHET_LISTEN: is `8080`, not an address and port such as 127.0.0.1:8080";
    stops(&["serve"], &on(&database, "GUICHET_LISTEN", "8080"), malformed).await;
    database.drop().await;
}
