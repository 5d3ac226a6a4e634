//! What tests ask for, out of the published contract: a new field, or a new mutation, is looked at without a word here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};

static TYPES: LazyLock<BTreeMap<String, TypeDefinition>> = LazyLock::new(|| {
    let contract =
        parse_schema(include_str!("../../schema/schema.graphql")).expect("the contract can be read");
    let types = contract.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(of) => Some((of.node.name.node.to_string(), of.node)),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types.collect()
});

/// All that a thing of this type tells of itself, and of each thing that it refers to the id and the name.
#[derive(Debug, Clone, Copy)]
pub struct Fields(pub &'static str);

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&all(self.0))
    }
}

/// What the payload of a mutation holds beside the user errors.
pub fn payload(mutation: &str) -> String {
    let field = fields("Mutation").into_iter().find(|field| field.name.node == mutation);
    let field = field.unwrap_or_else(|| panic!("there is no {mutation}"));
    let held = fields(name(&field.ty.node)).into_iter();
    let held = held.filter(|field| field.name.node != "userErrors");
    held.map(|field| {
        let inside = all(name(&field.ty.node));
        if inside.is_empty() { field.name.to_string() } else { format!("{} {{ {inside} }}", field.name) }
    })
    .collect::<Vec<_>>()
    .join(" ")
}

/// All mutations.
pub fn mutations() -> Vec<&'static str> {
    fields("Mutation").into_iter().map(|mutation| mutation.name.node.as_str()).collect()
}

/// The mutations whose description lists this code of an error.
pub fn refused_with(code: &str) -> Vec<&'static str> {
    let code = format!("`{code}`");
    let says = |mutation: &&FieldDefinition| {
        mutation.description.as_ref().is_some_and(|text| text.node.contains(&code))
    };
    fields("Mutation").into_iter().filter(says).map(|mutation| mutation.name.node.as_str()).collect()
}

/// The lists whose filter takes `ids`.
pub fn lists_by_ids() -> Vec<&'static str> {
    let takes_ids = |list: &&FieldDefinition| {
        let filter = list.arguments.iter().find(|argument| argument.node.name.node == "filter");
        filter.is_some_and(|filter| {
            input_fields(name(&filter.node.ty.node)).iter().any(|(field, _)| *field == "ids")
        })
    };
    let lists = fields("Query").into_iter().filter(|list| name(&list.ty.node).ends_with("Connection"));
    lists.filter(takes_ids).map(|list| list.name.node.as_str()).collect()
}

/// The paths of all values of this type in the input of a mutation; of lists, those of the first item.
pub fn inputs(mutation: &str, of: &str) -> Vec<Vec<&'static str>> {
    let mut found = Vec::new();
    find_inputs(&input_of(mutation), of, &mut Vec::new(), &mut found);
    found
}

fn find_inputs(input: &str, of: &str, path: &mut Vec<&'static str>, found: &mut Vec<Vec<&'static str>>) {
    for (field, kind) in input_fields(input) {
        let length = path.len();
        path.push(field);
        if is_list(kind) {
            path.push("0");
        }
        if name(kind) == of {
            found.push(path.clone());
        } else {
            find_inputs(name(kind), of, path, found);
        }
        path.truncate(length);
    }
}

/// Whether a mutation takes an idempotency key.
pub fn takes_a_key(mutation: &str) -> bool {
    input_fields(&input_of(mutation)).iter().any(|(field, _)| *field == "idempotencyKey")
}

/// The type of the input of a mutation.
fn input_of(mutation: &str) -> String {
    format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..])
}

/// The fields of a type of inputs, with their types.
fn input_fields(of: &str) -> Vec<(&'static str, &'static Type)> {
    match TYPES.get(of).map(|of| &of.kind) {
        Some(TypeKind::InputObject(of)) => {
            of.fields.iter().map(|field| (field.node.name.node.as_str(), &field.node.ty.node)).collect()
        }
        _ => Vec::new(),
    }
}

/// All that can be selected of a type without arguments; of a node no lists of other things.
fn all(of: &str) -> String {
    if let Some(TypeKind::Union(union)) = TYPES.get(of).map(|of| &of.kind) {
        let members = union.members.iter().map(|member| member.node.as_str());
        let inside = members.map(|member| format!("... on {member} {{ {} }}", all(member)));
        return format!("__typename {}", inside.collect::<Vec<_>>().join(" "));
    }
    let selected = fields(of).into_iter().filter_map(|field| {
        let inner = name(&field.ty.node);
        let is_leaf = fields(inner).is_empty();
        if !field.arguments.is_empty() || is_node(of) && !is_leaf && is_list(&field.ty.node) {
            return None;
        }
        let inside =
            if is_node(inner) && is_node(of) || is_author(inner) { reference(inner) } else { all(inner) };
        Some(if is_leaf { field.name.to_string() } else { format!("{} {{ {inside} }}", field.name) })
    });
    selected.collect::<Vec<_>>().join(" ")
}

/// What is told of a thing that another one refers to.
fn reference(of: &str) -> String {
    let known = if is_author(of) { "__typename " } else { "" };
    let name = if fields(of).iter().any(|field| field.name.node == "name") { " name" } else { "" };
    format!("{known}id{name}")
}

fn is_node(of: &str) -> bool {
    match TYPES.get(of).map(|of| &of.kind) {
        Some(TypeKind::Object(object)) => object.implements.iter().any(|of| of.node == "Node"),
        _ => false,
    }
}

fn is_author(of: &str) -> bool {
    matches!(TYPES.get(of).map(|of| &of.kind), Some(TypeKind::Interface(_)))
}

fn fields(of: &str) -> Vec<&'static FieldDefinition> {
    match TYPES.get(of).map(|of| &of.kind) {
        Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
        Some(TypeKind::Interface(interface)) => interface.fields.iter().map(|field| &field.node).collect(),
        _ => Vec::new(),
    }
}

fn name(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => name(inner),
    }
}

fn is_list(of: &Type) -> bool {
    matches!(of.base, BaseType::List(_))
}
