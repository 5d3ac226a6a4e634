//! Hostile requests: each gets a clear error at once. A test that exceeds the time limit of the run shows one that
//! does not.

use std::fmt::Write;

use guichet_edge::EdgeSettings;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::client::{Client, GRAPHQL, JSON, post, settings};

async fn refused(query: &str, limit: &str) {
    let answer = Client::new().query(query).await;
    let start: String = query.chars().take(60).collect();
    assert_eq!((answer.code().as_str(), answer.limit().as_str()), ("COST_EXCEEDED", limit), "{start}");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json().get("data"), None);
}

fn nested(depth: usize, open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

/// Safety: depth 10,000, in every place where the parser recurses.
#[tokio::test]
async fn depth_is_refused_before_it_is_parsed() {
    for query in [
        nested(10_000, "{a", "", "}"),
        nested(10_000, "{", "", ""),
        format!("{{ find(filter: {}) }}", nested(10_000, "[", "", "]")),
        format!("{{ find(filter: {}) }}", nested(10_000, "{and:", "{}", "}")),
        format!("query ($a: {} = 1) {{ hello }}", nested(10_000, "[", "Int", "]")),
        format!("{{ hello @skip{} }}", nested(5_000, "(if:[", "", "])")),
        format!("{{ find(filter: {{ text: \"\\\"\" and: {} }}) }} # \"", nested(10_000, "[", "", "]")),
    ] {
        refused(&query, "brackets").await;
    }
    refused(&nested(100_000, "{a", "", "}"), "documentBytes").await;
}

#[tokio::test]
async fn depth_within_the_brackets_is_counted() {
    refused(&format!("{{ item(id: 1) {} }}", nested(15, "{ parent ", "{ id }", "}")), "depth").await;
    refused(&nested(33, "{ ... ", "{ hello }", "}"), "nesting").await;
    let client = Client::new();
    let deep = format!("{{ item(id: 1) {} }}", nested(13, "{ parent ", "{ id }", "}"));
    assert!(client.query(&deep).await.data().is_object());
    let literal = format!("{{ find(filter: {}) }}", nested(40, "{ and: ", "{}", "}"));
    assert_eq!(client.query(&literal).await.data(), json!({"find": null}));
}

/// Safety: cycles and doubling chains of fragments.
#[tokio::test]
async fn fragments_are_not_written_out() {
    for end in ["hello", "...Missing", "__typename"] {
        let mut chain = "{ ...F0 }".to_owned();
        for number in 0..30 {
            write!(chain, "fragment F{number} on Query {{ ...F{0} ...F{0} }}", number + 1).unwrap();
        }
        write!(chain, "fragment F30 on Query {{ {end} }}").unwrap();
        refused(&chain, "selections").await;
        refused(&chain.replacen("{ ...F0 }", "{ hello }", 1), "selections").await;
        let hidden = chain.replacen("{ ...F0 }", "query A { hello } query B { ...F0 }", 1);
        let answer = Client::new().post(json!({"query": hidden, "operationName": "A"})).await;
        assert_eq!(answer.limit(), "selections");
    }
    let circle = "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }";
    assert_eq!(Client::new().query(circle).await.code(), "GRAPHQL_VALIDATION_FAILED");
}

/// Safety: a thousand aliases or directives.
#[tokio::test]
async fn repetition_is_refused() {
    let repeated = |each: &dyn Fn(usize) -> String, times| (0..times).map(each).collect::<Vec<_>>().join(" ");
    refused(&format!("{{ {} }}", repeated(&|number| format!("a{number}: hello"), 1_000)), "aliases").await;
    refused(&format!("{{ hello {} }}", repeated(&|_| "@skip(if: false)".to_owned(), 1_000)), "directives")
        .await;
    refused(&format!("{{ hello {} }}", repeated(&|_| "@unknown".to_owned(), 1_000)), "directives").await;
    refused(&format!("query {} {{ hello }}", repeated(&|_| "@unknown".to_owned(), 1_000)), "directives")
        .await;
    refused(&format!("{{ {} }}", repeated(&|_| "hello".to_owned(), 3_000)), "selections").await;
    refused(&format!("{{ hello({}) }}", repeated(&|number| format!("a{number}: 1"), 3_000)), "tokens").await;
    let operations = repeated(&|number| format!("query q{number} {{ a b c }}"), 700);
    let answer = Client::new().post(json!({"query": operations, "operationName": "q1"})).await;
    assert_eq!(answer.limit(), "selections");
}

/// Each field of a mutation is an action: a list of passwords cannot be tried in one request.
#[tokio::test]
async fn a_mutation_has_few_acts() {
    let client = Client::new();
    for acts in ["act ".repeat(11), "...A ".repeat(6)] {
        let query = format!("mutation {{ {acts} }} fragment A on Mutation {{ act act }}");
        assert_eq!(client.query(&query).await.limit(), "acts");
    }
    assert_eq!(client.acts.count(), 0);
    client.query(&format!("mutation {{ {} }}", "act ".repeat(10))).await.data();
    assert_eq!(client.acts.count(), 10);
}

/// Root fields of a query are resolved concurrently, each with its own statements.
#[tokio::test]
async fn a_query_has_few_roots() {
    refused(&format!("{{ {} }}", "hello ".repeat(31)), "roots").await;
    refused(&format!("{{ {} }} fragment A on Query {{ hello hello }}", "...A ".repeat(16)), "roots").await;
    let answer = Client::new().query(&format!("{{ {} }}", "hello ".repeat(30))).await;
    assert_eq!(answer.data(), json!({"hello": "world"}));
}

/// Safety: `first: 99999999`, -1, missing.
#[tokio::test]
async fn pages_multiply() {
    refused("{ items(first: 99999999) { id } }", "fields").await;
    refused("{ items(last: 99999999) { id } }", "fields").await;
    refused("query ($n: Int = 99999999) { items(first: $n) { id } }", "fields").await;
    refused("{ items(first: 100) { children(first: 100) { children(first: 100) { id } } } }", "fields").await;
    let client = Client::new();
    let sent =
        json!({"query": "query ($n: Int) { items(first: $n) { id } }", "variables": {"n": 99_999_999}});
    assert_eq!(client.post(sent).await.limit(), "fields");
    assert_eq!(client.query("{ items(first: -1) { id } }").await.data(), json!({"items": []}));
    assert_eq!(client.query("{ items { id } }").await.data(), json!({"items": [{"id": "0"}]}));
    assert_eq!(client.query("{ items(first: 99999999999999999999) { id } }").await.status, 400);
    let page = client
        .query("{ items(first: 100) { id children(first: 20) { id echo(text: \"x\") } } }")
        .await
        .data();
    assert_eq!(page["items"][99]["children"][19]["echo"], "x");
}

/// Safety: huge variables, deep input objects.
#[tokio::test]
async fn variables_are_measured() {
    let client = Client::new();
    let send = async |variable: String| {
        let body = format!(
            "{{\"query\":\"query($f: Filter) {{ find(filter: $f) }}\",\"variables\":{{\"f\":{variable}}}}}"
        );
        client.send(post(body, &[(CONTENT_TYPE, JSON), (ACCEPT, GRAPHQL)])).await
    };
    assert_eq!(send(nested(10_000, "[", "", "]")).await.limit(), "jsonDepth");
    assert_eq!(send(nested(10_000, "{\"and\":[", "{}", "]}")).await.limit(), "jsonDepth");
    assert_eq!(send(format!("[{}1]", "1,".repeat(300_000))).await.limit(), "jsonValues");
    assert_eq!(send(format!("[{}{{}}]", "{},".repeat(300_000))).await.limit(), "jsonValues");
    assert_eq!(send(nested(15, "{\"and\":[", "{\"text\":\"[[[\"}", "]}")).await.status, 200);

    let echoes =
        (0..100).fold(String::new(), |echoes, number| echoes + &format!("a{number}: echo(text: $t) "));
    let query = format!("query ($t: String) {{ item(id: 1) {{ {echoes} }} }}");
    let answer = client.post(json!({"query": query, "variables": {"t": "x".repeat(900_000)}})).await;
    assert_eq!(answer.limit(), "inputBytes");
    let answer = client.post(json!({"query": query, "variables": {"t": "x"}})).await;
    assert_eq!(answer.data()["item"]["a99"], "x");
    let pairs = format!("/graphql?query=%7Bhello%7D&variables=%7B%22a%22:{}%7D", nested(1_000, "[", "", "]"));
    assert_eq!(client.get(&pairs).await.limit(), "jsonDepth");
}

/// The schema has cycles: types have fields, and fields have types.
#[tokio::test]
async fn introspection_has_limits_of_its_own() {
    let loops = format!("{{ __schema {{ types {} }} }}", nested(4, "{ fields { type ", "{ name }", "} }"));
    refused(&loops, "introspectionFields").await;
    let chain = format!("{{ __type(name: \"Item\") {} }}", nested(25, "{ ofType ", "{ name }", "}"));
    refused(&chain, "introspectionDepth").await;
    let tools = include_str!("../../src/cost/introspection.graphql");
    let answer = Client::new().query(tools).await.data();
    assert!(answer["__schema"]["types"].as_array().unwrap().len() > 10);

    let closed = Client::with(&EdgeSettings { introspection: false, ..settings() });
    for query in [
        tools,
        "{ __type(name: \"Item\") { name } }",
        "{ ... { ...A } } fragment A on Query { __schema { types { name } } }",
    ] {
        let answer = closed.query(query).await;
        assert_eq!(
            (answer.code().as_str(), answer.json().get("data")),
            ("GRAPHQL_VALIDATION_FAILED", None::<&Value>)
        );
    }
    assert_eq!(closed.query("{ __typename }").await.data(), json!({"__typename": "Query"}));
}
