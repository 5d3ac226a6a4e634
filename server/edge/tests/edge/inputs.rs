//! Values that the schema does not take: what is wrong, and where.

use serde_json::{Value, json};

use crate::client::Client;

/// Each is refused before anything is executed, with the path from the argument inwards.
#[tokio::test]
async fn a_wrong_value_is_told_with_its_path() {
    let client = Client::new();
    let paint = "query ($with: [Paint!]!) { paint(with: $with) }";
    let none = json!({});
    let cases: [(&str, Value, &str, &[&str]); 34] = [
        // A scalar that does not take the value.
        ("{ half(of: 3) }", none.clone(), "OUT_OF_RANGE", &["of"]),
        ("query ($n: Even!) { half(of: $n) }", json!({ "n": 3 }), "OUT_OF_RANGE", &["of"]),
        ("{ small(number: 3000000000) }", none.clone(), "OUT_OF_RANGE", &["number"]),
        (
            paint,
            json!({ "with": [{ "colours": [] }, { "colours": [], "number": 5 }] }),
            "OUT_OF_RANGE",
            &["with", "1", "number"],
        ),
        (
            "query ($n: Even) { paint(with: [{ colours: [], number: $n }]) }",
            json!({ "n": 5 }),
            "OUT_OF_RANGE",
            &["with", "0", "number"],
        ),
        (
            "query ($n: Even = 5) { paint(with: [{ colours: [], number: $n }]) }",
            none.clone(),
            "OUT_OF_RANGE",
            &["with", "0", "number"],
        ),
        // Below other fields, and in fragments.
        ("{ item(id: 1) { parent { half(of: 3) } } }", none.clone(), "OUT_OF_RANGE", &["of"]),
        (
            "{ item(id: 1) { ... on Item { ...F } } } fragment F on Item { half(of: 3) }",
            none.clone(),
            "OUT_OF_RANGE",
            &["of"],
        ),
        ("{ ... { ok: half(of: 2) no: half(of: 3) } }", none.clone(), "OUT_OF_RANGE", &["of"]),
        // Another type.
        ("{ half(of: \"x\") }", none.clone(), "OUT_OF_RANGE", &["of"]),
        ("{ small(number: \"1\") }", none.clone(), "OUT_OF_RANGE", &["number"]),
        ("{ small(number: [1]) }", none.clone(), "OUT_OF_RANGE", &["number"]),
        ("{ find(filter: \"x\") }", none.clone(), "OUT_OF_RANGE", &["filter"]),
        ("{ find(filter: [{}]) }", none.clone(), "OUT_OF_RANGE", &["filter"]),
        ("{ find(filter: { text: 3 }) }", none.clone(), "OUT_OF_RANGE", &["filter", "text"]),
        (
            "{ find(filter: { and: [{ text: \"a\" }, 3] }) }",
            none.clone(),
            "OUT_OF_RANGE",
            &["filter", "and", "1"],
        ),
        ("{ nodes(ids: [\"1\", true]) }", none.clone(), "OUT_OF_RANGE", &["ids", "1"]),
        (
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            json!({ "ids": ["1", {}] }),
            "OUT_OF_RANGE",
            &["ids", "1"],
        ),
        (
            "query ($f: Filter) { find(filter: $f) }",
            json!({ "f": { "and": { "and": [{ "text": {} }] } } }),
            "OUT_OF_RANGE",
            &["filter", "and", "and", "0", "text"],
        ),
        // A field that an input does not have.
        ("{ find(filter: { txt: \"a\" }) }", none.clone(), "OUT_OF_RANGE", &["filter", "txt"]),
        (
            "query ($f: Filter) { find(filter: $f) }",
            json!({ "f": { "and": [{}, { "x": null }] } }),
            "OUT_OF_RANGE",
            &["filter", "and", "1", "x"],
        ),
        // A value that an enum does not have.
        (
            "{ paint(with: { colours: [RED, BLUE] }) }",
            none.clone(),
            "OUT_OF_RANGE",
            &["with", "colours", "1"],
        ),
        ("{ paint(with: { colours: BLUE }) }", none.clone(), "OUT_OF_RANGE", &["with", "colours"]),
        (
            paint,
            json!({ "with": [{ "colours": ["GREEN", "red"] }] }),
            "OUT_OF_RANGE",
            &["with", "0", "colours", "1"],
        ),
        (paint, json!({ "with": [{ "colours": [1] }] }), "OUT_OF_RANGE", &["with", "0", "colours", "0"]),
        // What is missing.
        ("{ half }", none.clone(), "REQUIRED", &["of"]),
        ("query ($n: Even!) { half(of: $n) }", none.clone(), "REQUIRED", &["of"]),
        ("query ($n: Even!) { half(of: $n) }", json!({ "n": null }), "REQUIRED", &["of"]),
        (
            "query ($t: String!) { find(filter: { and: [{ text: $t }] }) }",
            none.clone(),
            "REQUIRED",
            &["filter", "and", "0", "text"],
        ),
        ("{ paint(with: [{}]) }", none.clone(), "REQUIRED", &["with", "0", "colours"]),
        (paint, json!({ "with": [null] }), "REQUIRED", &["with", "0"]),
        (paint, json!({ "with": [{ "colours": [], "coats": null }] }), "REQUIRED", &["with", "0", "coats"]),
        // One of several.
        (paint, json!({ "with": [{ "colours": [], "at": {} }] }), "REQUIRED", &["with", "0", "at"]),
        (
            paint,
            json!({ "with": [{ "colours": [], "at": { "row": 1, "name": "a" } }] }),
            "MUTUALLY_EXCLUSIVE",
            &["with", "0", "at"],
        ),
    ];
    for (query, variables, reason, argument) in cases {
        let answer = client.post(json!({ "query": query, "variables": variables })).await;
        let error = &answer.json()["errors"][0];
        let told =
            (&error["extensions"]["code"], &error["extensions"]["reason"], &error["extensions"]["argument"]);
        assert_eq!(
            told,
            (&json!("BAD_USER_INPUT"), &json!(reason), &json!(argument)),
            "{query} {variables}: {error}"
        );
        assert!(error["locations"][0]["line"].is_number(), "{query}: {error}");
        assert!(answer.json().get("data").is_none(), "{query}");
    }
}

/// What the specification allows passes: a single value as a list, defaults, null where it may be, and variables that are
/// omitted.
#[tokio::test]
async fn right_values_pass() {
    let client = Client::new();
    for (query, variables, data) in [
        ("{ paint(with: { colours: RED }) }", json!({}), json!({ "paint": 1 })),
        (
            "query ($c: [Colour!]!) { paint(with: [{ colours: $c, coats: 2 }]) }",
            json!({ "c": ["RED", "GREEN"] }),
            json!({ "paint": 4 }),
        ),
        (
            "query ($n: Int! = 3) { paint(with: [{ colours: RED, coats: $n, at: { row: 1 }, number: null }]) }",
            json!({}),
            json!({ "paint": 3 }),
        ),
        ("query ($p: Place) { paint(with: [{ colours: RED, at: $p }]) }", json!({}), json!({ "paint": 1 })),
        ("query ($t: String) { find(filter: { and: { text: $t } }) }", json!({}), json!({ "find": null })),
        ("query ($f: Filter) { find(filter: $f) }", json!({ "f": null }), json!({ "find": null })),
        ("{ nodes(ids: [1, \"2\"]) { id } }", json!({}), json!({ "nodes": [{ "id": "1" }, { "id": "2" }] })),
    ] {
        let answer = client.post(json!({ "query": query, "variables": variables })).await;
        assert_eq!(answer.json()["data"], data, "{query}: {}", answer.json());
    }
}
