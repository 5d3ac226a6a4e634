//! GraphQL over HTTP: methods, media types, statuses, parameters.

use axum::body::Body;
use futures_util::stream;
use guichet_edge::EdgeSettings;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::client::{Client, GRAPHQL, JSON, impatient, post, settings};

#[tokio::test]
async fn a_query_is_answered_by_post_and_get() {
    let client = Client::new();
    let answer = client.query("{ hello }").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json(), json!({"data": {"hello": "world"}}));
    let answer = client.get("/graphql?query=query%20A($n:Int!)%7Bsmall(number:$n)%7D&variables=%7B%22n%22:3%7D&operationName=A&extensions=").await;
    assert_eq!(answer.data(), json!({"small": 3}));
}

#[tokio::test]
async fn media_types_are_negotiated() {
    let client = Client::new();
    let asking = |accept: &'static str| {
        client.send(post(r#"{"query":"{hello}"}"#, &[(CONTENT_TYPE, JSON), (ACCEPT, accept)]))
    };
    assert_eq!(asking("*/*").await.header("content-type"), "application/json; charset=utf-8");
    assert!(
        asking("application/json;q=0.9, application/graphql-response+json")
            .await
            .header("content-type")
            .starts_with(GRAPHQL)
    );
    let refused = asking("text/html").await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE"));
}

/// Safety: nothing can be changed by GET.
#[tokio::test]
async fn a_mutation_runs_by_post_alone() {
    let client = Client::new();
    for uri in [
        "/graphql?query=mutation%7Bact%7D",
        "/graphql?query=query%20A%7Bhello%7Dmutation%20B%7Bact%7D&operationName=B",
    ] {
        let answer = client.get(uri).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, POST"));
        assert_eq!(answer.code(), "METHOD_NOT_ALLOWED");
    }
    assert_eq!(client.acts.count(), 0);
    assert_eq!(
        client.get("/graphql?query=query%20A%7Bhello%7Dmutation%20B%7Bact%7D&operationName=A").await.status,
        200
    );
    assert_eq!(client.query("mutation { act }").await.data(), json!({"act": 1}));
    assert_eq!(client.acts.count(), 1);
}

/// Safety: nothing can be changed with content types that browsers send without a preflight request.
#[tokio::test]
async fn only_json_is_a_request() {
    let client = Client::new();
    let body = r#"{"query":"mutation{act}"}"#;
    for content_type in [
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
    ] {
        let answer = client.send(post(body, &[(CONTENT_TYPE, content_type)])).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
        assert_eq!(answer.code(), "UNSUPPORTED_MEDIA_TYPE");
    }
    for headers in [
        &[][..],
        &[(CONTENT_TYPE, JSON), (CONTENT_ENCODING, "gzip")],
        &[(CONTENT_TYPE, JSON), (CONTENT_TYPE, JSON)],
    ] {
        assert_eq!(
            client.send(post(body, headers)).await.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{headers:?}"
        );
    }
    assert_eq!(client.acts.count(), 0);
}

#[tokio::test]
async fn other_methods_are_refused() {
    let client = Client::new();
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS] {
        let request =
            Request::builder().method(&method).uri("/graphql?query=%7Bhello%7D").body(Body::empty()).unwrap();
        let answer = client.send(request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "GET, POST", "{method}");
    }
}

#[tokio::test]
async fn parameters_have_types() {
    let client = Client::new();
    for wrong in [
        json!({}),
        json!({"query": null}),
        json!({"query": ["{ hello }"]}),
        json!({"query": "{ hello }", "operationName": 1}),
        json!({"query": "{ hello }", "variables": []}),
        json!({"query": "{ hello }", "variables": "{}"}),
        json!({"query": "{ hello }", "extensions": 1}),
        json!("{ hello }"),
        json!([]),
        json!([{"query": "{ hello }"}]),
        json!(["{ hello }", null, null, null]),
    ] {
        let answer = client.post(wrong.clone()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            "{wrong}"
        );
        assert_eq!(answer.json().get("data"), None);
    }
    for broken in ["", "{", "NONSENSE", "{\"query\":\"{ hello }\"} x", "\u{feff}{}"] {
        let answer = client.send(post(broken, &[(CONTENT_TYPE, JSON)])).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            "{broken}"
        );
    }
    for uri in [
        "/graphql",
        "/graphql?query=",
        "/graphql?query=a&query=b",
        "/graphql?query=%7Bhello%7D&variables=%7B",
        "/graphql?query=%7Bhello%7D&variables=1",
    ] {
        assert_eq!(client.get(uri).await.status, StatusCode::BAD_REQUEST, "{uri}");
    }
    let generous = json!({"query": "{ hello }", "operationName": "", "variables": null, "extensions": {"a": [1]}, "more": 1});
    assert_eq!(client.post(generous).await.data(), json!({"hello": "world"}));
}

/// A batch would be one request with the cost of many: it is refused with a clear error.
#[tokio::test]
async fn a_batch_of_a_thousand_is_refused() {
    let batch = vec![json!({"query": "mutation { act }"}); 1000];
    let client = Client::new();
    let answer = client.post(Value::Array(batch)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.json()["errors"][0]["message"].as_str().unwrap().contains("Batches"));
    assert_eq!(client.acts.count(), 0);
}

#[tokio::test]
async fn the_operation_is_the_named_one() {
    let client = Client::new();
    let named = |name: Value| {
        client.post(json!({"query": "query A { hello } query B { small(number: 1) }", "operationName": name}))
    };
    assert_eq!(named(json!("B")).await.data(), json!({"small": 1}));
    for name in [json!("C"), Value::Null] {
        let answer = named(name).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED")
        );
    }
    let answer = client.post(json!({"query": "{ hello }", "operationName": "A"})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(client.query("subscription { hello }").await.status, StatusCode::BAD_REQUEST);
}

/// Statuses by media type: older clients accept only 200.
#[tokio::test]
async fn wrong_graphql_is_400_or_200() {
    let client = Client::new();
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { small(number: $n) }", "BAD_USER_INPUT"),
        ("{ items(first: 99999999) { id } }", "COST_EXCEEDED"),
    ] {
        let answer = client.query(query).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, code));
        assert_eq!(answer.json().get("data"), None);
        let body = json!({ "query": query }).to_string();
        let answer = client.send(post(body, &[(CONTENT_TYPE, JSON), (ACCEPT, JSON)])).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::OK, code));
        assert_eq!(answer.json().get("data"), None);
    }
}

#[tokio::test]
async fn a_required_variable_has_a_value() {
    let client = Client::new();
    let with = |variables: Value| {
        client.post(json!({"query": "query ($n: Int!, $m: Int! = 2) { a: small(number: $n) b: small(number: $m) }", "variables": variables}))
    };
    assert_eq!(with(json!({"n": 1})).await.data(), json!({"a": 1, "b": 2}));
    for wrong in [json!({}), json!({"n": null}), json!({"n": 1, "m": null}), json!({"n": "1"})] {
        assert_eq!(with(wrong.clone()).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(with(json!({})).await.json()["errors"][0]["locations"], json!([{"line": 1, "column": 8}]));
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let client = Client::with(&EdgeSettings { body_limit: 1000, ..settings() });
    let padded = |length: usize| json!({"query": "{ hello }", "variables": {"x": "x".repeat(length)}});
    assert_eq!(client.post(padded(900)).await.status, StatusCode::OK);
    for length in [1000, 100_000] {
        let answer = client.post(padded(length)).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE")
        );
    }
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 100]));
    let answer = client.send(post(Body::from_stream(endless), &[(CONTENT_TYPE, JSON)])).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let broken = stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("SECRET"))]);
    let answer = client.send(post(Body::from_stream(broken), &[(CONTENT_TYPE, JSON)])).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let stuck = stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let answer =
        Client::with(&impatient()).send(post(Body::from_stream(stuck), &[(CONTENT_TYPE, JSON)])).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"));
}

/// Signing in sets cookies; a resolver cannot change the media type of the answer.
#[tokio::test]
async fn resolvers_set_headers() {
    let answer = Client::new().query("mutation { signIn }").await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["session=1; HttpOnly", "theme=dark"]);
    assert!(answer.header("content-type").starts_with(GRAPHQL));
    assert_eq!(answer.headers.get_all("content-type").iter().count(), 1);
}
