//! The line `answered` in the log: what was asked for, for whom, and what came of it, whichever way it was asked.

use guichet_base::id::Id;
use guichet_tests::database::TestDatabase;
use guichet_tests::http::{self, absolute};
use guichet_tests::process::Process;
use guichet_tests::wait::until;
use guichet_tests::websocket::Websocket;
use serde_json::{Value, json};

use super::files::{PDF, declare, got, put};
use super::site::Site;

/// The line of the request with this value, once it is written; it is the only one.
async fn answered(process: &Process, field: &str, value: &str) -> Value {
    let lines = until("the answer is in the log", async || {
        let is_it = |entry: &Value| entry["message"] == "answered" && entry[field] == value;
        let lines: Vec<Value> = process.entries().into_iter().filter(is_it).collect();
        (!lines.is_empty()).then_some(lines)
    });
    let mut lines = lines.await;
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines.remove(0)
}

/// Checks fields of a line; null: the line does not have it.
fn expect(line: &Value, fields: Value) {
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name} in {line:#}");
    }
    assert!(line["micros"].is_u64() && line["request_id"].is_string(), "{line:#}");
}

#[tokio::test]
async fn over_http() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let server = site.serve().await;
    let url = format!("{}/graphql", server.url().await);
    let owner = &site.firm.owner;
    let (account, firm) = (owner.account_id.encode(), site.firm.id.encode());
    for (id, signed_in, query, fields) in [
        (
            "a-query",
            true,
            "query Grid { tickets(first: 1) { totalCount } }",
            json!({ "operation_type": "query", "operation": "tickets", "name": "Grid", "code": null }),
        ),
        // The name of the schema, not the alias; a refusal of the business is no error.
        (
            "a-mutation",
            true,
            "mutation { x: ticketStatusChange(input: { idempotencyKey: \"k\", id: \"x\", status: IN_ANALYSIS }) { outcome } }",
            json!({ "operation_type": "mutation", "operation": "ticketStatusChange", "name": null }),
        ),
        (
            "a-stranger",
            false,
            "{ tickets(first: 1) { totalCount } }",
            json!({ "operation": "tickets", "code": "UNAUTHENTICATED", "account": null, "firm": null }),
        ),
        (
            "too-many",
            true,
            "{ tickets(first: 1000) { totalCount } }",
            json!({ "operation": "tickets", "code": "BAD_USER_INPUT" }),
        ),
        (
            "an-invention",
            true,
            "{ ticketsOfMars }",
            json!({ "operation": null, "code": "GRAPHQL_VALIDATION_FAILED" }),
        ),
        (
            "no-graphql",
            true,
            "{ tickets(",
            json!({ "operation": null, "code": "GRAPHQL_PARSE_FAILED", "account": null, "firm": null }),
        ),
    ] {
        let request = http::client().post(&url).header("x-request-id", id).json(&json!({ "query": query }));
        let request = if signed_in { request.bearer_auth(&owner.token) } else { request };
        let answer = request.send().await.unwrap();
        let line = answered(&server, "request_id", id).await;
        expect(&line, json!({ "route": "/graphql", "method": "POST", "status": answer.status().as_u16() }));
        if fields.get("account").is_none() {
            expect(&line, json!({ "account": account, "firm": firm }));
        }
        expect(&line, fields);
    }
    // What is refused before it is read; and what asks whether the process is well is not told of.
    let foreign =
        http::client().post(&url).header("origin", "https://evil.example").header("x-request-id", "foreign");
    foreign.header("cookie", "guichet=x").json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
    expect(&answered(&server, "request_id", "foreign").await, json!({ "status": 403, "code": "FORBIDDEN" }));
    let lines = server.output().join("\n");
    assert!(!lines.contains("/readyz") && !lines.contains("/metrics"), "{lines}");
    assert!(server.stop().await.success());
    database.drop().await;
}

#[tokio::test]
async fn over_a_websocket() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let server = site.serve().await;
    let owner = &site.firm.owner;
    let whose = json!({ "account": owner.account_id.encode(), "firm": site.firm.id.encode() });
    let mut socket = Websocket::bearer(&server.url().await, &owner.token).await;
    socket.ask("query Here { tickets(first: 1) { totalCount } }", json!({})).await;
    socket.subscribe("live", "subscription Live { ticketsChanged { reload } }", json!({})).await;
    assert_eq!(socket.hear().await["type"], "next");
    socket.say(json!({ "type": "complete", "id": "live" })).await;
    socket.subscribe("bad", "query Bad { tickets(first: 1000) { totalCount } }", json!({})).await;
    assert_eq!(socket.hear().await["id"], "bad");
    for (name, kind, operation, code) in [
        ("Here", "query", "tickets", None),
        ("Live", "subscription", "ticketsChanged", None),
        ("Bad", "query", "tickets", Some("BAD_USER_INPUT")),
    ] {
        let line = answered(&server, "name", name).await;
        expect(
            &line,
            json!({ "operation_type": kind, "operation": operation, "code": code, "transport": "websocket" }),
        );
        expect(&line, whose.clone());
    }
    drop(socket);
    let closed = until("the end of the websocket is in the log", async || {
        server.entries().into_iter().find(|entry| entry["message"] == "a websocket is closed")
    });
    let closed = closed.await;
    assert_eq!((&closed["account"], &closed["firm"]), (&whose["account"], &whose["firm"]), "{closed:#}");
    assert!(server.stop().await.success());
    database.drop().await;
}

#[tokio::test]
async fn of_files_and_exports() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    let owner = &site.firm.owner;
    let whose = json!({ "account": owner.account_id.encode(), "firm": site.firm.id.encode() });
    let (id, address) = declare(&site, &server, "one", PDF).await;
    let upload = async |request_id: &str, body: &'static [u8]| {
        let request = put(&server, &address, body).await.header("x-request-id", request_id);
        request.send().await.unwrap().status().as_u16()
    };
    for (request_id, body, status, code) in [
        ("altered", &b"%PDF-1.7 a Document %%EOF"[..], 400, Some("BAD_REQUEST")),
        ("uploaded", PDF, 200, None),
    ] {
        assert_eq!(upload(request_id, body).await, status);
        let line = answered(&server, "request_id", request_id).await;
        expect(&line, json!({ "operation": "upload", "subject": id, "status": status, "code": code }));
        expect(&line, json!({ "route": "/files/{grant}", "method": "PUT" }));
        expect(&line, whose.clone());
    }
    super::files::stored(&site, &server, &id).await;
    assert_eq!(got(&site, &server, &id).await, PDF);
    let line = answered(&server, "operation", "download").await;
    expect(&line, json!({ "subject": id, "status": 200, "code": null, "route": "/files/{grant}" }));
    expect(&line, whose.clone());
    let forged = absolute(&server.url().await, &format!("{}x", address["url"].as_str().unwrap()));
    http::client().get(forged).header("x-request-id", "forged").send().await.unwrap();
    let line = answered(&server, "request_id", "forged").await;
    expect(
        &line,
        json!({ "operation": "download", "subject": null, "account": null, "status": 403, "code": "FORBIDDEN" }),
    );

    let list = format!("{}/export/tickets.csv", server.url().await);
    let list = http::client().get(list).bearer_auth(&owner.token).header("x-request-id", "export");
    list.send().await.unwrap().bytes().await.unwrap();
    let line = answered(&server, "request_id", "export").await;
    expect(&line, json!({ "operation": "export tickets", "status": 200, "code": null }));
    expect(&line, whose);
    for process in [server, worker] {
        assert!(process.stop().await.success());
    }
    database.drop().await;
}
