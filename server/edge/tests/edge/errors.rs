//! What clients are told about an error.

use axum::body::Body;
use guichet_base::i18n::{Failure, failure};
use guichet_base::locale::Locale;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, Client, GRAPHQL, JSON, impatient, post};

fn is_silent(answer: &Answer) {
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(!text.contains("SECRET"), "{text}");
}

/// Logs and errors contain no secrets: an error without one of our codes is replaced, wherever it comes from.
#[tokio::test]
async fn an_error_without_our_code_is_masked() {
    let client = Client::new();
    for query in ["{ plain }", "{ sourced }", "{ broken }"] {
        let answer = client.query(query).await;
        is_silent(&answer);
        let error = &answer.json()["errors"][0];
        let id = answer.header("x-request-id").to_owned();
        assert_eq!(error["message"], failure(Locale::En, Failure::Internal { request: Some(&id) }));
        assert_eq!(error["extensions"]["code"], "INTERNAL");
        assert_eq!(error["extensions"]["requestId"], answer.header("x-request-id"));
        assert_eq!(error["path"], json!([query.trim_matches(['{', '}', ' '])]));
        assert_eq!(answer.status.as_u16(), 294, "executed, but not all of it");
    }
}

#[tokio::test]
async fn an_unavailable_database_says_try_again() {
    let client = Client::new();
    let answer = client.query("{ hello down }").await;
    is_silent(&answer);
    assert_eq!(answer.json()["data"], json!({"hello": "world", "down": null}));
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(answer.json()["errors"][0]["extensions"]["retryable"], true);

    let answer = attached(&client, "Bearer down").await;
    is_silent(&answer);
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.json().get("data"), None);
}

async fn attached(client: &Client, authorization: &str) -> Answer {
    client
        .send(post(r#"{"query":"{viewer}"}"#, &[(CONTENT_TYPE, JSON), (AUTHORIZATION, authorization)]))
        .await
}

#[tokio::test]
async fn what_is_attached_reaches_the_resolvers() {
    let client = Client::new();
    assert_eq!(attached(&client, "Anna").await.data(), json!({"viewer": "Anna"}));
    let answer = attached(&client, "Bearer expired").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    let answer = client.query("{ viewer }").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (294, "UNAUTHENTICATED"));
    assert_eq!(answer.json()["data"], Value::Null);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let client = Client::new();
    for answer in [client.query("{ panics }").await, attached(&client, "Bearer panic").await] {
        is_silent(&answer);
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"));
    }
    assert_eq!(client.query("{ hello }").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_hangs_is_ended() {
    let answer = Client::with(&impatient()).query("{ never }").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"));
}

/// A failed field is null, or its next nullable parent.
#[tokio::test]
async fn a_failure_leaves_null_and_no_hole() {
    let client = Client::new();
    for (query, data) in [
        ("{ hello broken }", json!({"hello": "world", "broken": null})),
        ("{ hello down plain }", Value::Null),
        ("{ hello item(id: 1) { id fails } }", json!({"hello": "world", "item": null})),
        (
            "{ i: item(id: 1) { id parent { ...F } } } fragment F on Item { parent { ... on Item { f: fails } } }",
            json!({"i": null}),
        ),
        ("{ item(id: 1) { id maybe } }", json!({"item": {"id": "1", "maybe": null}})),
        ("{ item(id: 1) { id twins { id fails } } }", json!({"item": {"id": "1", "twins": [null, null]}})),
        (
            "{ item(id: 1) { id } item(id: 1) { twins { id maybe } } }",
            json!({"item": {"id": "1", "twins": [{"id": "1", "maybe": null}, {"id": "1", "maybe": null}]}}),
        ),
        ("{ hello items(first: 2) { id fails } }", Value::Null),
        ("{ hello numbers }", json!({"hello": "world", "numbers": null})),
    ] {
        let answer = client.query(query).await;
        assert_eq!(answer.json()["data"], data, "{query}");
        assert!(answer.json().as_object().unwrap().contains_key("data"), "{query}");
        assert_eq!((answer.status.as_u16(), answer.code().is_empty()), (294, false), "{query}");
    }
    let named = json!({"query": "query A { down hello } query B { item(id: 1) { fails } hello }", "operationName": "B"});
    assert_eq!(client.post(named).await.json()["data"], json!({"item": null, "hello": "world"}));
}

#[tokio::test]
async fn wrong_input_is_the_clients_own() {
    let client = Client::new();
    for (query, message) in [
        ("{ half(of: 3) }", "Not an even number."),
        ("{ half(of: \"x\") }", "Expected input type \"Even\", found \"x\"."),
        ("{ small(number: 3000000000) }", "Only integers from"),
    ] {
        let answer = client.query(query).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{query}");
        let error = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(error.contains(message), "{error}");
    }
    assert_eq!(client.query("{ half(of: 4) }").await.data(), json!({"half": 2}));
}

#[tokio::test]
async fn errors_are_short_and_few() {
    let client = Client::new();
    let answer = client.query(&format!("{{ half(of: \"{}\") }}", "x".repeat(60_000))).await;
    assert!(answer.bytes.len() < 1_000);
    let answer = client.query(&format!("{{ hello {} ! }}", "hello ".repeat(1_000))).await;
    assert_eq!(answer.code(), "GRAPHQL_PARSE_FAILED");
    assert_eq!(answer.json()["errors"][0]["locations"][0]["line"], 1);
    assert!(answer.bytes.len() < 1_000);
    let answer = client.query(&format!("{{ item(id: 1) {{ {} }} }}", "nothing ".repeat(1_000))).await;
    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn refusals_are_json_for_everybody() {
    let request = Request::put("/graphql").header("accept", GRAPHQL).body(Body::empty()).unwrap();
    let answer = Client::new().send(request).await;
    assert!(answer.header("content-type").starts_with(GRAPHQL));
    assert!(answer.json()["errors"][0]["message"].is_string());
}

/// F-02: people are told of a failure in the language of their account, else in that of the headers, else in English;
/// codes are the same in all of them.
#[tokio::test]
async fn f_02_failures_in_four_languages() {
    let client = Client::new();
    let told = async |authorization: &str, wanted: &str, field: &str| {
        let headers = [(CONTENT_TYPE, JSON), (AUTHORIZATION, authorization), (ACCEPT_LANGUAGE, wanted)];
        let answer = client.send(post(json!({ "query": field }).to_string(), &headers)).await;
        let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        (answer.code(), message.replace(answer.header("x-request-id"), "ID"))
    };
    for locale in Locale::ALL {
        for (account, wanted) in
            [("Anna".to_owned(), locale.as_str()), (format!("Anna@{locale}"), "fr, es;q=0.5")]
        {
            let internal = failure(*locale, Failure::Internal { request: Some("ID") });
            assert_eq!(told(&account, wanted, "{ broken }").await, ("INTERNAL".to_owned(), internal));
            let unavailable = failure(*locale, Failure::Unavailable);
            assert_eq!(told(&account, wanted, "{ down }").await, ("UNAVAILABLE".to_owned(), unavailable));
        }
        let refused = failure(*locale, Failure::Unauthenticated);
        assert_eq!(
            told("Bearer expired", locale.as_str(), "{ hello }").await,
            ("UNAUTHENTICATED".to_owned(), refused)
        );
    }
    let english = failure(Locale::En, Failure::Unauthenticated);
    assert_eq!(told("Bearer expired", "de", "{ hello }").await.1, english);
    // Whoever writes the client is told in English.
    assert_eq!(told("Anna@fr", "fr", "{").await.0, "GRAPHQL_PARSE_FAILED");
    assert_eq!(told("Anna@fr", "fr", "{").await, told("Anna@es", "es", "{").await);
}
