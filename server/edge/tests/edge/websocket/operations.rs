//! Operations: their messages, the order of these, and when operations end.

use std::time::Duration;

use guichet_base::i18n::{Failure, failure};
use guichet_base::locale::Locale;
use serde_json::{Value, json};

use super::peer::Site;

fn next(id: &str, data: Value) -> Value {
    json!({"type": "next", "id": id, "payload": {"data": data}})
}

fn complete(id: &str) -> Value {
    json!({"type": "complete", "id": id})
}

/// A query and a mutation answer once; after that their ids can be used again.
#[tokio::test]
async fn a_single_result() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    for _ in 0..2 {
        peer.subscribe("1", "{ small(number: 3) hello }").await;
        peer.hears(next("1", json!({"small": 3, "hello": "world"}))).await;
        peer.hears(complete("1")).await;
    }
    peer.subscribe("1", "mutation { act }").await;
    peer.hears(next("1", json!({"act": 1}))).await;
    peer.hears(complete("1")).await;
    let payload = json!({
        "query": "query A($n: Int!) { small(number: $n) } query B { hello }",
        "operationName": "A",
        "variables": {"n": 7},
        "extensions": {"trace": "x"},
    });
    peer.say(json!({"type": "subscribe", "id": "ä", "payload": payload})).await;
    peer.hears(next("ä", json!({"small": 7}))).await;
    peer.hears(complete("ä")).await;
}

/// A subscription sends messages until its source ends.
#[tokio::test]
async fn a_source_that_ends() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { count(to: 2) }").await;
    peer.hears(next("1", json!({"count": 0}))).await;
    peer.hears(next("1", json!({"count": 1}))).await;
    peer.hears(complete("1")).await;
    site.acts.followers(0).await;
    // A `complete` that arrives too late is not an error.
    peer.complete("1").await;
    peer.complete("never was").await;
    peer.subscribe("1", "subscription { count(to: 0) }").await;
    peer.hears(complete("1")).await;
}

/// Several run at once. When the client completes one, it stops at once, the others continue, and its id can be
/// used again.
#[tokio::test]
async fn a_client_that_wants_no_more() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("a", "subscription { news { id } }").await;
    peer.subscribe("b", "subscription { told: news { id } }").await;
    site.acts.followers(2).await;
    site.acts.tell(1);
    let mut heard = [peer.hear().await, peer.hear().await];
    heard.sort_by_key(|message| message["id"].to_string());
    assert_eq!(heard, [next("a", json!({"news": {"id": "1"}})), next("b", json!({"told": {"id": "1"}}))]);
    peer.complete("a").await;
    site.acts.followers(1).await;
    site.acts.tell(2);
    peer.hears(next("b", json!({"told": {"id": "2"}}))).await;
    peer.subscribe("a", "{ hello }").await;
    peer.hears(next("a", json!({"hello": "world"}))).await;
    peer.hears(complete("a")).await;
    peer.complete("b").await;
    site.acts.followers(0).await;
}

/// A query that the client completes early sends no result, and its id can be used again.
#[tokio::test]
async fn a_result_that_nobody_waits_for() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "{ never }").await;
    peer.complete("1").await;
    peer.subscribe("1", "{ hello }").await;
    peer.hears(next("1", json!({"hello": "world"}))).await;
    peer.hears(complete("1")).await;
}

/// An error before execution is sent as `error`, which ends the operation; the connection stays open.
#[tokio::test]
async fn errors_before_execution() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    let aliases = (0..300).map(|n| format!("a{n}: hello ")).collect::<String>();
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ invented }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { small(number: $n) }", "BAD_USER_INPUT"),
        ("subscription { invented }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { closed }", "UNAUTHENTICATED"),
        (&format!("{{ {aliases} }}"), "COST_EXCEEDED"),
    ] {
        peer.subscribe("1", query).await;
        assert_eq!(peer.error("1").await, code, "{query}");
    }
    let deep = (0..50).fold(json!(1), |value, _| json!([value]));
    let payload = json!({"query": "{ hello }", "variables": {"deep": deep}});
    peer.say(json!({"type": "subscribe", "id": "1", "payload": payload})).await;
    assert_eq!(peer.error("1").await, "COST_EXCEEDED");
    peer.subscribe("1", "{ hello }").await;
    assert_eq!(peer.data("1").await, json!({"hello": "world"}));
}

/// Errors within an answer are sent with the rest of it, masked.
#[tokio::test]
async fn errors_within_an_answer() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "{ hello down }").await;
    let answer = peer.hear().await;
    assert_eq!(answer["payload"]["data"], json!({"hello": "world", "down": null}));
    assert_eq!(answer["payload"]["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert!(answer["payload"]["errors"][0]["extensions"]["requestId"].is_string());
    peer.hears(complete("1")).await;

    peer.subscribe("2", "subscription { broken }").await;
    assert_eq!(peer.data("2").await, json!({"broken": 1}));
    let failed = peer.hear().await;
    assert_eq!(failed["payload"][0]["extensions"]["code"], "INTERNAL", "{failed}");
    assert_eq!(failed["type"], "error");
    assert!(!failed.to_string().contains("SECRET"), "{failed}");
    // A later message would hide what this one could not tell, so the subscription ends.
    site.acts.followers(0).await;
    peer.is_heard().await;
}

/// A temporary failure closes the socket, so that clients reconnect and resume.
#[tokio::test]
async fn what_cannot_be_told_now() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { down }").await;
    assert_eq!(peer.data("1").await, json!({"down": 1}));
    assert_eq!(peer.closed().await, (1013, "Something cannot be told at the moment".to_owned()));
}

/// Also for the first message: a client that resumes must not take it for a refusal.
#[tokio::test]
async fn what_was_missed_cannot_be_told_now() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { missed(after: 7) }").await;
    assert_eq!(peer.closed().await, (1013, "Something cannot be told at the moment".to_owned()));
}

/// GraphQL specification, 5.2.3.1: one root field, also inside of fragments, which the library does not check.
#[tokio::test]
async fn one_field_at_the_root() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    for document in [
        "subscription { count(to: 1) news { id } }",
        "subscription { ...F } fragment F on Changes { count(to: 1) }",
        "subscription { ... on Changes { count(to: 1) } }",
    ] {
        peer.subscribe("1", document).await;
        assert_eq!(peer.error("1").await, "GRAPHQL_VALIDATION_FAILED", "{document}");
    }
}

/// A client that does not read keeps nobody else waiting: its operations release what they hold.
#[tokio::test]
async fn a_reader_that_sleeps_holds_nothing() {
    let site = Site::limited(|limits| limits.send = Duration::from_secs(3600)).await;
    let (mut sleeper, mut other) = (site.peer().await, site.peer().await);
    sleeper.subscribe("1", "{ share }").await;
    site.acts.followers(1).await;
    sleeper.subscribe("2", "subscription { flood }").await;
    site.acts.followers(2).await;
    // Until the network accepts no more.
    let mut flooded = 0;
    while flooded != site.acts.flooded() {
        flooded = site.acts.flooded();
        for _ in 0..50 {
            other.is_heard().await;
        }
    }
    site.acts.go_on();
    site.acts.go_on();
    other.subscribe("1", "{ share }").await;
    assert_eq!(other.data("1").await, json!({"share": true}));
}

/// A panic ends its operation only.
#[tokio::test]
async fn a_panic() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "{ panics }").await;
    assert_eq!(peer.error("1").await, "INTERNAL");
    peer.subscribe("2", "subscription { panicking }").await;
    assert_eq!(peer.data("2").await, json!({"panicking": 0}));
    assert_eq!(peer.error("2").await, "INTERNAL");
    peer.is_heard().await;
}

/// Fields are returned in the requested order.
#[tokio::test]
async fn fields_in_their_order() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { news { twins { id } id } }").await;
    site.acts.followers(1).await;
    site.acts.tell(4);
    let data = r#"{"news":{"twins":[{"id":"4"},{"id":"4"}],"id":"4"}}"#;
    let text = format!(r#"{{"type":"next","id":"1","payload":{{"data":{data}}}}}"#);
    assert_eq!(peer.text().await, text);
}

/// Rights are checked anew for each operation.
#[tokio::test]
async fn rights_are_the_present_ones() {
    let site = Site::new().await;
    let mut peer = site.greeted("ana").await;
    peer.subscribe("1", "{ viewer }").await;
    assert_eq!(peer.data("1").await, json!({"viewer": "Bearer ana 1"}));
    peer.hears(complete("1")).await;
    peer.subscribe("2", "subscription { whoami }").await;
    assert_eq!(peer.data("2").await, json!({"whoami": "Bearer ana 2"}));
    peer.hears(complete("2")).await;

    let mut peer = site.greeted("once").await;
    peer.subscribe("1", "subscription { whoami }").await;
    assert_eq!(peer.data("1").await, json!({"whoami": "Bearer once 1"}));
    peer.hears(complete("1")).await;
    for query in ["{ viewer }", "mutation { act }", "subscription { whoami }"] {
        peer.subscribe("1", query).await;
        assert_eq!(peer.error("1").await, "UNAUTHENTICATED", "{query}");
    }
    assert_eq!(site.acts.count(), 0);
}

/// Pings are answered with their payload, at any time; unsolicited pongs are accepted.
#[tokio::test]
async fn pings() {
    let site = Site::new().await;
    let mut peer = site.open(&[]).await.unwrap();
    peer.say(json!({"type": "ping", "payload": {"a": [1, null]}})).await;
    peer.hears(json!({"type": "pong", "payload": {"a": [1, null]}})).await;
    peer.say(json!({"type": "pong"})).await;
    peer.init("ana").await;
    peer.hears(json!({"type": "connection_ack"})).await;
    peer.say(json!({"type": "pong", "payload": {}})).await;
    peer.is_heard().await;
}

/// F-02: over a websocket too, people are told of a failure in the language of their account, else in that of the
/// headers.
#[tokio::test]
async fn f_02_failures_in_four_languages() {
    let site = Site::new().await;
    for locale in Locale::ALL {
        for (account, wanted) in
            [("Anna".to_owned(), locale.as_str()), (format!("Anna@{locale}"), "fr, es;q=0.5")]
        {
            let mut peer = site.open(&[("accept-language", wanted)]).await.unwrap();
            peer.init(&account).await;
            assert_eq!(peer.hear().await["type"], "connection_ack");
            peer.subscribe("1", "{ broken }").await;
            let error = peer.hear().await["payload"]["errors"][0].clone();
            let request = error["extensions"]["requestId"].as_str().unwrap();
            let sentence = failure(*locale, Failure::Internal { request: Some(request) });
            assert_eq!(
                (&error["extensions"]["code"], &error["message"]),
                (&json!("INTERNAL"), &json!(sentence))
            );
            peer.hears(complete("1")).await;
            peer.subscribe("2", "subscription { closed }").await;
            let error = peer.hear().await["payload"][0].clone();
            let sentence = failure(*locale, Failure::Unauthenticated);
            assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED");
            assert_eq!(error["message"], sentence);
        }
    }
}
