//! Rules for the whole contract: descriptions, names, and the shapes required by Relay.

use async_graphql::Positioned;
use async_graphql::parser::types::{FieldDefinition, TypeKind};
use guichet_server::graphql::sdl;

use crate::reading::{Contract, fields, implements, input_fields};

/// The last word of a mutation's name: noun, then verb.
const VERBS: &[&str] = &[
    "Adopt",
    "Apply",
    "Approve",
    "Assign",
    "Attach",
    "Cancel",
    "Change",
    "Check",
    "Complete",
    "Confirm",
    "Contest",
    "Create",
    "Delete",
    "Download",
    "Drop",
    "Edit",
    "HandIn",
    "Import",
    "Lift",
    "MarkPaid",
    "MarkRead",
    "Move",
    "NothingToSubmit",
    "Open",
    "Pause",
    "Post",
    "Publish",
    "Reject",
    "Rename",
    "Renew",
    "Reopen",
    "Resume",
    "Retry",
    "Revoke",
    "Run",
    "Set",
    "Transfer",
    "Undo",
    "Unpublish",
    "Update",
];
/// Verbs that create or send something, so they need an idempotency key.
const KEYED: &[&str] = &[
    "Adopt", "Apply", "Assign", "Attach", "Change", "Create", "HandIn", "Import", "Post", "Publish",
    "Reopen", "Retry", "Run", "Transfer", "Undo",
];
/// Verbs that change something that was read before, so they need a version.
const VERSIONED: &[&str] = &[
    "Approve",
    "Cancel",
    "Contest",
    "Drop",
    "Edit",
    "MarkPaid",
    "Pause",
    "Reject",
    "Rename",
    "Resume",
    "Unpublish",
    "Update",
];
/// The last word of an input's name.
const INPUTS: [&str; 4] = ["Filter", "Input", "Order", "Target"];
/// Mutations about a session: they change nothing of a firm, so they have no revision.
const PERSONAL: [&str; 5] = ["accountUpdate", "membershipSelect", "invitationAccept", "signIn", "signOut"];

fn contract() -> Contract {
    Contract::read(&sdl())
}

/// Fails with all complaints at once.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// Every type, field, argument and value of the contract, with its description.
fn described(contract: &Contract) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    let mut add = |place: String, description: &Option<Positioned<String>>| {
        let text = description.as_ref().map(|text| text.node.trim().to_owned());
        all.push((place, text.filter(|text| !text.is_empty())));
    };
    for (name, definition) in &contract.types {
        add(name.clone(), &definition.description);
        for field in fields(definition) {
            let place = format!("{name}.{}", field.node.name.node);
            add(place.clone(), &field.node.description);
            for argument in &field.node.arguments {
                add(format!("{place}({})", argument.node.name.node), &argument.node.description);
            }
        }
        for field in input_fields(definition) {
            add(format!("{name}.{}", field.node.name.node), &field.node.description);
        }
        if let TypeKind::Enum(of) = &definition.kind {
            for value in &of.values {
                add(format!("{name}.{}", value.node.value.node), &value.node.description);
            }
        }
    }
    all
}

#[test]
fn everything_is_described() {
    let contract = contract();
    let blank = described(&contract).into_iter().filter(|(_, description)| description.is_none());
    none(blank.map(|(place, _)| format!("{place} has no description")).collect());
}

/// Whether a word is the number of a requirement, such as `D-05`: readers of the contract do not know them.
fn is_requirement(word: &str) -> bool {
    matches!(word.as_bytes(), [b'A'..=b'Z', b'-', tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit())
}

#[test]
fn descriptions_name_no_requirements() {
    let contract = contract();
    let numbered = described(&contract).into_iter().filter(|(_, description)| {
        let text = description.as_deref().unwrap_or_default();
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(is_requirement)
    });
    none(numbered.map(|(place, _)| format!("{place} names a requirement")).collect());
}

/// What a mutation says of itself: who may call it, and which codes it refuses with.
#[test]
fn mutations_say_who_may_call_them_and_which_errors_they_return() {
    let contract = contract();
    let TypeKind::Enum(codes) = &contract.types["UserErrorCode"].kind else { panic!("no enum of codes") };
    let is_code = |code: &str| codes.values.iter().any(|value| value.node.value.node == code);
    let mut complaints = Vec::new();
    for mutation in fields(&contract.types["Mutation"]) {
        let name = &mutation.node.name.node;
        let description = mutation.node.description.as_ref().map_or("", |text| text.node.as_str());
        if !["Requires the role", "Available to", "Available without"]
            .iter()
            .any(|who| description.contains(who))
        {
            complaints.push(format!("{name} does not say who may call it"));
        }
        let errors =
            description.split_once("Errors: ").map_or("", |(_, errors)| errors.trim_end_matches('.'));
        let listed: Vec<_> = errors.split(',').map(str::trim).collect();
        let is_listed =
            |code: &&str| code.strip_prefix('`').and_then(|code| code.strip_suffix('`')).is_some_and(is_code);
        if errors != "none" && !listed.iter().all(is_listed) {
            complaints.push(format!("{name} does not list its error codes: {errors:?}"));
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
        demand(!ends(KEYED) || has("idempotencyKey", "String!"), "lacks idempotencyKey: String!");
        demand(personal || !ends(VERSIONED) || has("expectedVersion", "Int!"), "lacks expectedVersion: Int!");
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
        // These grow at one end only.
        let is_log = ["TicketMessageConnection", "TaskCommentConnection", "FileAccessConnection"]
            .contains(&name.as_str());
        if let Some(noun) = name.strip_suffix("Connection") {
            let edge = format!("{noun}Edge");
            let expected = [
                (type_of(name, "pageInfo"), "PageInfo!".to_owned()),
                (type_of(name, "edges"), format!("[{edge}!]!")),
                (type_of(&edge, "cursor"), "String!".to_owned()),
                (type_of(&edge, "sortKey"), if is_log { "" } else { "String!" }.to_owned()),
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
            if answers.trim_end_matches('!').ends_with("Connection") != shape.contains(pages) {
                complaints.push(format!("{place} takes other arguments than a connection: {shape}"));
            }
            if answers.starts_with('[') && !answers.contains("!]") && place != "Query.nodes" {
                complaints.push(format!("{place} is a list with holes: {answers}"));
            }
        }
    }
    none(complaints);
}

/// What a frontend needs of every list: things by their ids, numbers by status where things have one, and changes, each
/// with its place.
#[test]
fn lists_have_one_shape() {
    let contract = contract();
    let argument = |of: &FieldDefinition, name: &str| {
        let found = of.arguments.iter().find(|argument| argument.node.name.node == name);
        found.map(|argument| argument.node.ty.node.to_string())
    };
    let input_type = |input: &str, name: &str| {
        let fields = contract.types.get(input).map(input_fields).unwrap_or_default();
        let found = fields.iter().find(|field| field.node.name.node == name);
        found.map(|field| field.node.ty.node.to_string())
    };
    let field = |of: &str, name: &str| contract.field(of, name);
    let mut complaints = Vec::new();
    for list in fields(&contract.types["Query"]).iter().map(|field| &field.node) {
        let answers = list.ty.node.to_string();
        let Some(noun) = answers.strip_suffix("Connection!") else { continue };
        let name = &list.name.node;
        // A viewer's own, which come one after the other and are told whole.
        if name == "notifications" {
            continue;
        }
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{name}: {what}"));
            }
        };
        let filter = format!("{noun}Filter");
        demand(argument(list, "filter").as_ref() == Some(&filter), "takes no filter");
        demand(input_type(&filter, "ids").as_deref() == Some("[ID!]"), "cannot be filtered by ids");
        let has_status = ["status", "states"].iter().any(|status| input_type(&filter, status).is_some());
        let lower = format!("{}{}", noun[..1].to_lowercase(), &noun[1..]);
        for (root, counts) in
            [("Query", format!("{lower}Counts")), ("Subscription", format!("{lower}CountsChanged"))]
        {
            let is_counted = field(root, &counts)
                .is_some_and(|counts| argument(counts, "filter").as_ref() == Some(&filter));
            demand(
                is_counted == has_status,
                &format!("{root}.{counts} is there, or is not, though things have a status, or none"),
            );
        }
        if let Some(changed) = field("Subscription", &format!("{name}Changed")) {
            demand(argument(changed, "filter").as_ref() == Some(&filter), "is followed without its filter");
            demand(
                argument(changed, "orderBy") == argument(list, "orderBy"),
                "is followed without its order",
            );
            let message = changed.ty.node.to_string();
            let edges = field(message.trim_end_matches('!'), "edges").map(|edges| edges.ty.node.to_string());
            demand(edges == Some(format!("[{noun}Edge!]!")), "is followed without places");
        }
    }
    none(complaints);
}

/// Whatever an input contains is checked before anything is executed.
#[test]
fn every_scalar_is_known_to_the_edge() {
    let scalars = guichet_server::graphql::scalars::scalars();
    let contract = contract();
    let all = contract.types.iter().filter(|(_, of)| matches!(of.kind, TypeKind::Scalar));
    none(
        all.filter(|(name, _)| !scalars.knows(name)).map(|(name, _)| format!("{name} is unknown")).collect(),
    );
}
