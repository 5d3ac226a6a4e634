//! Rules for the whole contract: descriptions, names, and the shapes required by Relay.

use async_graphql::Positioned;
use async_graphql::parser::types::{FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind};
use guichet_server::graphql::sdl;

use crate::reading::{Contract, fields, implements};

/// The last word of a mutation's name: noun, then verb.
const VERBS: [&str; 17] = [
    "Attach", "Cancel", "Change", "Complete", "Create", "Download", "Edit", "Lift", "MarkPaid", "MarkRead",
    "Post", "Renew", "Reopen", "Retry", "Set", "Transfer", "Update",
];
/// Verbs that create or send something, so they need an idempotency key.
const KEYED: [&str; 7] = ["Attach", "Change", "Create", "Post", "Reopen", "Retry", "Transfer"];
/// Verbs that change something that was read before, so they need a version.
const VERSIONED: [&str; 4] = ["Cancel", "Edit", "MarkPaid", "Update"];
/// The last word of an input's name.
const INPUTS: [&str; 4] = ["Filter", "Input", "Order", "Target"];
/// Mutations about a session: they change nothing of a firm, so they have no revision.
const PERSONAL: [&str; 4] = ["membershipSelect", "invitationAccept", "signIn", "signOut"];

fn contract() -> Contract {
    Contract::read(&sdl())
}

/// Fails with all complaints at once.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn is_blank(description: Option<&Positioned<String>>) -> bool {
    description.is_none_or(|text| text.node.trim().is_empty())
}

fn input_fields(definition: &TypeDefinition) -> &[Positioned<InputValueDefinition>] {
    match &definition.kind {
        TypeKind::InputObject(object) => &object.fields,
        _ => &[],
    }
}

#[test]
fn everything_is_described() {
    let mut complaints = Vec::new();
    let mut check = |place: String, description: Option<&Positioned<String>>| {
        if is_blank(description) {
            complaints.push(format!("{place} has no description"));
        }
    };
    for (name, definition) in &contract().types {
        check(name.clone(), definition.description.as_ref());
        for field in fields(definition) {
            let place = format!("{name}.{}", field.node.name.node);
            check(place.clone(), field.node.description.as_ref());
            for argument in &field.node.arguments {
                check(format!("{place}({})", argument.node.name.node), argument.node.description.as_ref());
            }
        }
        for field in input_fields(definition) {
            check(format!("{name}.{}", field.node.name.node), field.node.description.as_ref());
        }
        if let TypeKind::Enum(of) = &definition.kind {
            for value in &of.values {
                check(format!("{name}.{}", value.node.value.node), value.node.description.as_ref());
            }
        }
    }
    none(complaints);
}

fn is_camel(name: &str, upper: bool) -> bool {
    let first = name.chars().next().unwrap_or('_');
    name.chars().all(|c| c.is_ascii_alphanumeric())
        && first.is_ascii_alphabetic()
        && first.is_uppercase() == upper
}

fn is_screaming(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn names_are_spelled_alike() {
    let mut complaints = Vec::new();
    for (name, definition) in &contract().types {
        let mut bad: Vec<String> = Vec::new();
        if !is_camel(name, true) {
            bad.push(String::new());
        }
        for field in fields(definition) {
            let names = field.node.arguments.iter().map(|argument| &argument.node.name.node);
            let names = names.chain([&field.node.name.node]).filter(|name| !is_camel(name, false));
            bad.extend(names.map(ToString::to_string));
        }
        let names = input_fields(definition).iter().map(|field| &field.node.name.node);
        bad.extend(names.filter(|name| !is_camel(name, false)).map(ToString::to_string));
        if let TypeKind::Enum(of) = &definition.kind {
            let names = of.values.iter().map(|value| &value.node.value.node);
            bad.extend(names.filter(|name| !is_screaming(name)).map(ToString::to_string));
        }
        let is_input = matches!(definition.kind, TypeKind::InputObject(_));
        if is_input != INPUTS.iter().any(|end| name.ends_with(end)) {
            bad.push(format!("inputs, and only they, end with one of {INPUTS:?}"));
        }
        complaints.extend(bad.iter().map(|what| format!("{name}: {what}")));
    }
    none(complaints);
}

fn upper_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// One argument `input` with its own type, and its own payload with the user errors.
#[test]
fn mutations_have_one_shape() {
    let contract = contract();
    let mut complaints = Vec::new();
    let mut payloads = Vec::new();
    for mutation in fields(&contract.types["Mutation"]) {
        let name = mutation.node.name.node.as_str();
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{name}: {what}"));
            }
        };
        let upper = upper_first(name);
        let personal = PERSONAL.contains(&name);
        demand(personal || VERBS.iter().any(|verb| name.ends_with(verb)), "ends with no known verb");
        let arguments: Vec<_> = mutation.node.arguments.iter().map(|argument| &argument.node).collect();
        match arguments.as_slice() {
            [] => demand(name == "signOut", "has no input"),
            [input] => {
                demand(input.name.node == "input", "its argument is not called input");
                demand(input.ty.node.to_string() == format!("{upper}Input!"), "its input has a foreign type");
            }
            _ => demand(false, "has more than its input"),
        }
        let payload = format!("{upper}Payload");
        demand(mutation.node.ty.node.to_string() == format!("{payload}!"), "its payload has a foreign type");
        let type_of = |field| contract.field(&payload, field).map(|field| field.ty.node.to_string());
        demand(type_of("userErrors").as_deref() == Some("[UserError!]!"), "its payload lacks userErrors");
        let revision = if personal { None } else { Some("Revision") };
        demand(type_of("revision").as_deref() == revision, "sessions have no revision, all others do");
        let things = contract.types.get(&payload).map(fields).unwrap_or_default();
        demand(things.len() > 1 + usize::from(!personal), "its payload lacks the thing");
        let input = contract.types.get(&format!("{upper}Input")).map(input_fields).unwrap_or_default();
        let has = |field: &str, ty: &str| {
            input.iter().any(|f| f.node.name.node == field && f.node.ty.node.to_string() == ty)
        };
        let ends = |verbs: &[&str]| verbs.iter().any(|verb| name.ends_with(verb));
        demand(!ends(&KEYED) || has("idempotencyKey", "String!"), "lacks idempotencyKey: String!");
        demand(!ends(&VERSIONED) || has("expectedVersion", "Int!"), "lacks expectedVersion: Int!");
        payloads.push(payload);
    }
    let stray = contract.types.keys().filter(|name| name.ends_with("Payload") && !payloads.contains(name));
    complaints.extend(stray.map(|name| format!("{name} belongs to no mutation")));
    none(complaints);
}

fn shape(field: &FieldDefinition) -> String {
    let arguments = field.arguments.iter().map(|argument| &argument.node);
    let arguments: Vec<_> = arguments.map(|a| format!("{}: {}", a.name.node, a.ty.node)).collect();
    format!("({}): {}", arguments.join(", "), field.ty.node)
}

/// <https://relay.dev/graphql/objectidentification.htm>
#[test]
fn things_with_an_id_are_nodes() {
    let contract = contract();
    let shape_of = |ty, name| contract.field(ty, name).map(shape).unwrap_or_default();
    assert_eq!(shape_of("Query", "node"), "(id: ID!): Node");
    assert_eq!(shape_of("Query", "nodes"), "(ids: [ID!]!): [Node]!");
    assert_eq!(shape_of("Node", "id"), "(): ID!");
    let mut complaints = Vec::new();
    for (name, definition) in &contract.types {
        let has_id = contract.field(name, "id").is_some_and(|id| id.ty.node.to_string() == "ID!");
        let is_node = implements(definition).iter().any(|interface| interface.node == "Node");
        if has_id != is_node && matches!(definition.kind, TypeKind::Object(_)) {
            complaints.push(format!("{name}: an id without Node, or the other way round"));
        }
    }
    none(complaints);
}

/// <https://relay.dev/graphql/connections.htm>
#[test]
fn connections_are_relay_s() {
    let contract = contract();
    let type_of =
        |ty: &str, name| contract.field(ty, name).map(|f| f.ty.node.to_string()).unwrap_or_default();
    for (field, ty) in [
        ("hasNextPage", "Boolean!"),
        ("hasPreviousPage", "Boolean!"),
        ("startCursor", "String"),
        ("endCursor", "String"),
    ] {
        assert_eq!(type_of("PageInfo", field), ty);
    }
    let mut complaints = Vec::new();
    for name in contract.types.keys() {
        if let Some(noun) = name.strip_suffix("Connection") {
            let edge = format!("{noun}Edge");
            let expected = [
                (type_of(name, "pageInfo"), "PageInfo!".to_owned()),
                (type_of(name, "edges"), format!("[{edge}!]!")),
                (type_of(&edge, "cursor"), "String!".to_owned()),
                (type_of(&edge, "node"), format!("{noun}!")),
            ];
            if expected.iter().any(|(found, wanted)| found != wanted) {
                complaints.push(format!("{name} or its edge has another shape"));
            }
        }
    }
    for (ty, fields) in contract.objects() {
        for field in fields.iter().map(|field| &field.node) {
            let (shape, answers) = (shape(field), field.ty.node.to_string());
            let place = format!("{ty}.{}", field.name.node);
            let pages = "first: Int, after: String, last: Int, before: String)";
            if answers.ends_with("Connection!") != shape.contains(pages) {
                complaints.push(format!("{place} takes other arguments than a connection: {shape}"));
            }
            if answers.starts_with('[') && !answers.contains("!]") && place != "Query.nodes" {
                complaints.push(format!("{place} is a list with holes: {answers}"));
            }
        }
    }
    none(complaints);
}
