//! What exists only while somebody tries the program on their own machine.

use guichet_tests::app::OPERATOR;
use guichet_tests::http;
use guichet_tests::process::{Launch, Process};
use guichet_tests::smtp::{Options, Sink};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

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

/// Everything in one process on a private database: with a public address there are neither demo firms nor a page of
/// mails; on the same data folder without settings there are.
#[tokio::test]
async fn demo_firms_and_mails_are_for_trials() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    // PUBLIC_URL must be the address of the server.
    let place = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
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
    trial.stop().await;
}
