//! What applies to every answer: headers, origins, ids, compression.

use axum::body::Body;
use guichet_edge::EdgeSettings;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HOST, HeaderName, ORIGIN};
use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::client::{Client, JSON, post, settings};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn listed() -> Client {
    Client::with(&EdgeSettings {
        allowed_origins: vec!["https://app.example".parse().unwrap()],
        ..settings()
    })
}

const ACT: &str = r#"{"query":"mutation{act}"}"#;

/// Safety: a page of another site cannot act with the viewer's cookie.
#[tokio::test]
async fn a_foreign_page_cannot_act() {
    let client = listed();
    let from = |headers: &[(HeaderName, &'static str)]| {
        let own = [(CONTENT_TYPE, JSON), (COOKIE, "session=1"), (HOST, "api.example")];
        client.send(post(ACT, &[&own, headers].concat()))
    };
    for foreign in [
        &[(ORIGIN, "https://evil.example")][..],
        &[(ORIGIN, "null")],
        &[(ORIGIN, "https://app.example.evil.example")],
        &[(ORIGIN, "http://app.example")],
        &[(ORIGIN, "https://evil.example"), (SEC_FETCH_SITE, "cross-site")],
        &[(SEC_FETCH_SITE, "same-site")],
    ] {
        let answer = from(foreign).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::FORBIDDEN, "FORBIDDEN"),
            "{foreign:?}"
        );
    }
    assert_eq!(client.acts.count(), 0);
    for own in [
        &[][..],
        &[(ORIGIN, "https://api.example")],
        &[(ORIGIN, "https://app.example"), (SEC_FETCH_SITE, "cross-site")],
        &[(SEC_FETCH_SITE, "same-origin")],
    ] {
        assert_eq!(from(own).await.status, StatusCode::OK, "{own:?}");
    }
    assert_eq!(client.acts.count(), 4);
}

/// Safety: at a server that is reached by https only, a page of its own name that came over http is a foreign one.
#[tokio::test]
async fn a_page_counts_with_its_scheme() {
    let secure = Client::with(&EdgeSettings { secure_cookies: true, ..settings() });
    for (client, origin, expected) in [
        (&secure, "http://api.example", StatusCode::FORBIDDEN),
        (&secure, "https://api.example", StatusCode::OK),
        (&Client::new(), "http://api.example", StatusCode::OK),
    ] {
        let headers = [(CONTENT_TYPE, JSON), (HOST, "api.example"), (ORIGIN, origin)];
        assert_eq!(client.send(post(ACT, &headers)).await.status, expected, "{origin}");
    }
    assert_eq!(secure.acts.count(), 1);
}

async fn preflight(client: &Client, origin: &str) -> crate::client::Answer {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/graphql")
        .header(ORIGIN, origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .body(Body::empty());
    client.send(request.unwrap()).await
}

#[tokio::test]
async fn browsers_are_told_which_pages_may_ask() {
    let answer = preflight(&listed(), "https://app.example").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(answer.header("access-control-allow-headers").contains("content-type"));
    assert_eq!(preflight(&listed(), "https://evil.example").await.header("access-control-allow-origin"), "");
    assert_eq!(
        preflight(&Client::new(), "https://app.example").await.header("access-control-allow-origin"),
        ""
    );

    let headers = [(CONTENT_TYPE, JSON), (ORIGIN, "https://app.example")];
    let answer = listed().send(post(r#"{"query":"{hello}"}"#, &headers)).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
    assert!(answer.header("vary").contains("origin"));
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let client = Client::with(&EdgeSettings { secure_cookies: true, ..settings() });
    for answer in [client.query("{ hello }").await, client.get("/nowhere").await] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-security-policy"), "frame-ancestors 'none'");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
        assert!(!answer.header("x-request-id").is_empty());
    }
    assert_eq!(Client::new().query("{ hello }").await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let client = Client::new();
    let named = |id: &'static str| {
        let name = HeaderName::from_static("x-request-id");
        client.send(post(r#"{"query":"{plain}"}"#, &[(CONTENT_TYPE, JSON), (name, id)]))
    };
    let answer = named("from-proxy.1").await;
    assert_eq!(answer.header("x-request-id"), "from-proxy.1");
    assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], "from-proxy.1");
    assert_eq!(named("not sane").await.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn long_answers_are_compressed() {
    let client = Client::new();
    let headers = [(CONTENT_TYPE, JSON), (ACCEPT_ENCODING, "gzip")];
    let answer = client.send(post(r#"{"query":"{long}"}"#, &headers)).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert!(answer.bytes.len() < 1_000);
    assert_eq!(client.query("{ long }").await.data()["long"].as_str().unwrap().len(), 10_000);
    assert_eq!(client.query("{ hello }").await.data(), json!({"hello": "world"}));
}
