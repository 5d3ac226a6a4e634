//! Internal faults: the answer has a code and the request's id, and no details.

use diesel_async::SimpleAsyncConnection;
use guichet_base::i18n::{self, Failure};
use guichet_base::id::Id;
use guichet_base::locale::Locale;
use guichet_engine::db;
use guichet_tests::app::TestApp;
use guichet_tests::http;
use guichet_tests::wait::{until, until_ok};
use guichet_tests::world::Firm;
use reqwest::Response;
use serde_json::{Value, json};

async fn post(app: &TestApp, token: &str, query: &str) -> Response {
    let request = http::client().post(format!("{}/graphql", app.url)).bearer_auth(token);
    request.json(&json!({ "query": query })).send().await.unwrap()
}

/// Every internal fault becomes `INTERNAL`; the answer has the request's id, under which the log has the fault.
#[tokio::test]
async fn internal_errors_are_masked() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Estrela", None).await.encode();
    let mut conn = app.store.conn().await.unwrap();
    conn.batch_execute("ALTER TABLE tickets RENAME COLUMN subject TO theme").await.unwrap();
    drop(conn);
    let create = format!(
        "mutation {{ ticketCreate(input: {{ idempotencyKey: \"k\", clientId: \"{client}\", subject: \"Segredo\" }}) {{
            ticket {{ id }}
        }} }}"
    );
    for query in [
        "{ tickets(first: 1) { nodes { subject } } }",
        "{ ticket(id: \"ticket_00000000000000000000000000000001\") { id } }",
        &create,
    ] {
        let answer = post(&app, &firm.owner.token, query).await;
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let error = &body["errors"][0];
        let sentence = i18n::failure(Locale::PtBr, Failure::Internal { request: Some(&id) });
        assert_eq!(error["message"], sentence);
        assert_eq!(error["extensions"], json!({ "code": "INTERNAL", "requestId": id }));
        // The position in the request may be in the answer.
        let text = body.to_string().to_lowercase().replace("\"column\":", "");
        for told in ["column", "theme", "sql", "diesel", "relation", "does not exist", "segredo", ".rs"] {
            assert!(!text.contains(told), "{told} in {text}");
        }
    }
    app.finish().await;
}

/// A program whose tables have another version is not ready, and says why.
#[tokio::test]
async fn tables_of_another_version() {
    let app = TestApp::start().await;
    let ready = async || {
        let answer = http::get(format!("{}/readyz", app.url)).await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["database"].clone())
    };
    // The workers may not have started yet.
    assert_eq!(ready().await.1, "ok");
    let newest = "DELETE FROM __diesel_schema_migrations
        WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    app.store.conn().await.unwrap().batch_execute(newest).await.unwrap();
    assert_eq!(ready().await, (503, json!("tables not up to date")));
    app.finish().await;
}

/// Without its database the program answers `UNAVAILABLE` (retryable) at once, without details; it goes on when the
/// database is back.
#[tokio::test]
async fn without_a_database() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let query = "{ clients(first: 1) { totalCount } }";
    assert_eq!(post(&app, &firm.owner.token, query).await.status(), 200);
    app.database().close().await;
    for _ in 0..3 {
        let answer = post(&app, &firm.owner.token, query).await;
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let error = &body["errors"][0];
        assert_eq!(error["extensions"], json!({ "code": "UNAVAILABLE", "retryable": true, "requestId": id }));
        assert_eq!(error["message"], i18n::failure(Locale::En, Failure::Unavailable));
    }
    let ready = http::get(format!("{}/readyz", app.url)).await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(http::get(format!("{}/livez", app.url)).await.unwrap().status(), 200);
    app.database().open().await;
    until("the service returns", async || {
        (post(&app, &firm.owner.token, query).await.status() == 200).then_some(())
    })
    .await;
    app.finish().await;
}

/// A database that only reads, as a standby after a failover does, is an outage and not a fault of ours: the program is
/// not ready, answers `UNAVAILABLE` to what would write, and goes on when the database writes again.
#[tokio::test]
async fn a_database_that_only_reads() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Sol", None).await.encode();
    let ready =
        async || http::get(format!("{}/readyz", app.url)).await.unwrap().json::<Value>().await.unwrap();
    let create = format!(
        "mutation {{ ticketCreate(input: {{ idempotencyKey: \"k\", clientId: \"{client}\", subject: \"Guia\" }}) {{
            ticket {{ id }}
        }} }}"
    );
    for (reads_only, code) in [("on", Some("UNAVAILABLE")), ("off", None)] {
        let name = app.database().url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let switch = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = {reads_only}");
        // In force for new connections only.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let mut conn = db::connect(&app.database().url).await.unwrap();
        conn.batch_execute("SET default_transaction_read_only = off").await.unwrap();
        conn.batch_execute(&switch).await.unwrap();
        conn.batch_execute(end).await.unwrap();
        drop(conn);
        until_ok("it says what it can", async || {
            let answer = app.send(Some(&firm.owner), &create, json!({})).await;
            let told = (ready().await["database"] == "ok", answer.error_code() == code);
            assert_ne!(answer.error_code(), Some("INTERNAL"), "{}", answer.body);
            if told == (reads_only == "off", true) { Ok(()) } else { Err((told, answer.body)) }
        })
        .await;
    }
    app.finish().await;
}

/// F-02: messages about failures are in the language of the account, else in that of the browser.
#[tokio::test]
async fn f_02_failures_in_four_languages() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let mut conn = app.store.conn().await.unwrap();
    conn.batch_execute("ALTER TABLE tickets RENAME COLUMN subject TO theme").await.unwrap();
    let ask = async |token: Option<&str>, wanted: Locale| {
        let mut request = reqwest::Client::new().post(format!("{}/graphql", app.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let request = request.header("accept-language", wanted.as_str());
        let query = json!({ "query": "{ tickets(first: 1) { nodes { subject } } }" });
        let answer = request.json(&query).send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        (answer.json::<Value>().await.unwrap()["errors"][0]["message"].clone(), id)
    };
    for locale in Locale::ALL {
        let (told, _) = ask(None, *locale).await;
        assert_eq!(told, i18n::failure(*locale, Failure::Unauthenticated));
        let speaks = format!("UPDATE accounts SET locale = '{locale}'");
        conn.batch_execute(&speaks).await.unwrap();
        for wanted in Locale::ALL {
            let (told, id) = ask(Some(&firm.owner.token), *wanted).await;
            assert_eq!(told, i18n::failure(*locale, Failure::Internal { request: Some(&id) }));
        }
    }
    drop(conn);
    app.finish().await;
}
