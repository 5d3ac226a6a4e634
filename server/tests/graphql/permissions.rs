//! The permission table lists every field of the API. `tests/it` checks against a running server that it is
//! correct.

use std::collections::BTreeSet;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, Selection};
use guichet_server::graphql::sdl;

use crate::reading::{Contract, implements};
use crate::requests::anonymous;

#[path = "../../../tests/src/permissions.rs"]
#[allow(dead_code, reason = "the answers are compared where a server runs")]
mod table;

use table::{ROOTS, Row, table};

/// Types whose visibility follows from what they contain.
const SHAPES: [&str; 4] = ["Connection", "Edge", "Payload", "Changed"];

fn differ(what: &str, declared: BTreeSet<String>, there: BTreeSet<String>) {
    let missing: Vec<_> = there.difference(&declared).collect();
    let unknown: Vec<_> = declared.difference(&there).collect();
    assert!(missing.is_empty(), "{what} not declared in tests/permissions: {missing:?}");
    assert!(unknown.is_empty(), "{what} declared in tests/permissions, but there are none such: {unknown:?}");
}

#[test]
fn every_field_is_declared() {
    let (contract, table) = (Contract::read(&sdl()), table());
    let is_root = |name: &str| contract.roots.iter().any(|root| root == name);
    let mut there = BTreeSet::new();
    for (name, fields) in contract.objects() {
        if is_root(name) || !SHAPES.iter().any(|shape| name.ends_with(shape)) {
            there.extend(fields.iter().map(|field| format!("{name}.{}", field.node.name.node)));
        }
    }
    let restricted: BTreeSet<_> = table.rows.iter().map(|row| format!("{}.{}", row.of, row.field)).collect();
    let open =
        table.open.iter().flat_map(|(of, fields)| fields.iter().map(move |field| format!("{of}.{field}")));
    let open: BTreeSet<_> = open.collect();
    assert_eq!(restricted.intersection(&open).next(), None, "seen by all, or not");
    assert!(!open.iter().any(|field| is_root(field.split('.').next().unwrap())), "roots have rows");
    differ("fields", restricted.into_iter().chain(open).collect(), there);
}

#[test]
fn every_kind_of_node_is_declared() {
    let (contract, table) = (Contract::read(&sdl()), table());
    let is_node = |name: &&String| implements(&contract.types[*name]).iter().any(|of| of.node == "Node");
    let there = contract.types.keys().filter(is_node).cloned().collect();
    let rows = table.rows.into_iter().filter(|row| row.field == "node");
    // There may be several things of one kind, seen by different viewers.
    let kind = |variant: String| variant.split('/').next().unwrap_or_default().to_owned();
    differ("kinds of node", rows.filter_map(|row| row.variant.map(kind)).collect(), there);
}

#[tokio::test]
async fn every_row_has_its_document() {
    let rows = table().rows;
    let documents: String = rows.iter().map(|row| row.document.as_str()).collect();
    let document = parse_query(&documents).unwrap();
    let DocumentOperations::Multiple(operations) = &document.operations else { panic!("not several") };
    let named = operations.keys().map(ToString::to_string).collect();
    differ("documents", named, rows.iter().map(Row::name).collect());
    assert_eq!(operations.len(), rows.len(), "two entries have one name");
    for row in &rows {
        let operation = &operations[row.name().as_str()].node;
        let selection = operation.selection_set.node.items.first().map(|selection| &selection.node);
        let Some(Selection::Field(root)) = selection else { panic!("{}: no field", row.name()) };
        if ROOTS.contains(&row.of.as_str()) {
            assert_eq!(operation.ty.to_string(), row.of.to_lowercase(), "{}", row.name());
            assert_eq!(root.node.name.node, row.field, "{}", row.name());
        }
    }
    // Validation checks all the operations.
    let answer = anonymous().execute(async_graphql::Request::new(documents).operation_name("viewer")).await;
    assert_eq!(answer.errors, []);
}
