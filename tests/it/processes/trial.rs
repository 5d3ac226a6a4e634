//! What exists only while somebody tries the program on their own machine.

use guichet_tests::app::OPERATOR;
use guichet_tests::http;
use guichet_tests::place::Place;
use guichet_tests::process::{Launch, Process};
use guichet_tests::smtp::{Options, Sink};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn status(process: &Process, path: &str) -> StatusCode {
    http::get(format!("{}{path}", process.url().await)).await.unwrap().status()
}

/// Whether the API allows introspection.
async fn introspects(process: &Process) -> bool {
    let request = http::client().post(format!("{}/graphql", process.url().await));
    let request = request.json(&json!({ "query": "{ __schema { queryType { name } } }" }));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["data"]["__schema"]["queryType"]["name"] == "Query"
}

/// The status of a request for the page of mails with these lines of its head.
async fn status_of(process: &Process, lines: &str) -> u16 {
    let url = process.url().await;
    let mut line = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let request = format!("GET /mails HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    line.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    status.unwrap_or_else(|| panic!("no answer, but {answer}"))
}

/// Everything in one process on a private database: with a public address there are neither demo firms nor a page of
/// mails; on the same data folder without settings there are.
#[tokio::test]
async fn demo_firms_and_mails_are_for_trials() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    // PUBLIC_URL must be the address of the server.
    let held = Place::new();
    let place = held.address().to_string();
    let launch = Launch::all_in_one(&data).with("GUICHET_LISTEN", &place);
    let relay = Sink::start(Options::default()).await;
    let real = launch
        .with("PUBLIC_URL", format!("http://{place}"))
        .with("SMTP_URL", relay.starttls_url())
        .with("MAIL_FROM", OPERATOR);
    let real = real.start().await;
    let told = real.output().join("\n");
    assert!(!told.contains("guichet-demo") && told.contains("guichet firm create"), "{told}");
    for closed in ["/mails", "/graphiql", "/"] {
        assert_eq!(status(&real, closed).await, StatusCode::NOT_FOUND, "{closed}");
    }
    assert!(!introspects(&real).await);
    real.stop().await;

    let trial = Launch::all_in_one(&data).start().await;
    let told = trial.output().join("\n");
    assert!(told.contains("guichet-demo") && told.contains("/mails"), "{told}");
    assert_eq!(status(&trial, "/mails").await, StatusCode::OK);
    assert!(introspects(&trial).await);
    // A page of another site that has its own name lead here reads no mails (DNS rebinding).
    for (lines, expected) in [
        ("Host: localhost\r\n", 200),
        ("Host: evil.example\r\n", 403),
        ("", 400),
        ("Host: localhost\r\nHost: evil.example\r\n", 400),
    ] {
        assert_eq!(status_of(&trial, lines).await, expected, "{lines:?}");
    }
    trial.stop().await;
}
