//! Turns the parameters of a request into one that may be executed, cheapest checks first: size, shape, parser,
//! cost. Validation and execution follow in async-graphql. Independent of HTTP.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Request, ServerError};

use super::cost::measure;
use super::errors::{Code, refusal, too_much};
use super::escapes;
use super::inputs::{self, Scalars};
use super::layout::Layout;
use super::limits::Limits;
use super::params::Params;
use super::scan;
use super::types::Types;

/// A parsed request within the limits.
pub struct Prepared {
    /// The kind of operation.
    pub kind: OperationType,
    /// Its first root field, which may not exist in the schema.
    pub root: String,
    /// The order of fields in its answer.
    pub layout: Layout,
    /// The request, for `Schema::execute` or `Schema::execute_stream`.
    pub request: Request,
}

/// Parses and measures a request.
///
/// `named` is told what is asked for as soon as that is known: kind and first field, and the name of the operation.
///
/// # Errors
/// With a code in `extensions`. Sending the request again does not help.
pub fn prepare(
    params: Params,
    types: &Types,
    introspection: bool,
    scalars: &Scalars,
    limits: &Limits,
    named: impl FnOnce(OperationType, &str, Option<&str>),
) -> Result<Prepared, ServerError> {
    let Params { query, operation_name, variables, extensions } = params;
    check_text(&query, limits)?;
    let query = escapes::replaced(&query).into_owned();
    let document = parse_query(&query).map_err(|error| parse_error(&error))?;
    let operation = select(&document, operation_name.as_deref())?;
    let cost = measure(&document, operation, &variables, types, limits)?;
    let kind = operation.ty;
    cost.check(kind, limits)?;
    // Not before its cost is known: a chain of fragments may have no field for very long.
    let root = first_field(&document, &operation.selection_set.node).unwrap_or_default().to_owned();
    named(kind, &root, name(&document, operation_name.as_deref()).as_deref());
    if cost.introspection_fields > 0 && !introspection {
        let message = "Introspection is switched off on this server.";
        return Err(refusal(Code::GraphqlValidationFailed, message, Vec::new()));
    }
    inputs::check(&document, operation, &variables, types, scalars)?;
    if kind == OperationType::Subscription && !has_one_field(&operation.selection_set.node) {
        // GraphQL specification, 5.2.3.1. The library does not check fields inside a fragment.
        let message = "A subscription has exactly one field at its root, and not within a fragment.";
        return Err(refusal(Code::GraphqlValidationFailed, message, Vec::new()));
    }
    let layout = Layout::of(&document, &operation.selection_set.node);
    let mut request = Request::new(query).variables(variables);
    request.operation_name = operation_name;
    request.extensions = extensions;
    request.set_parsed_query(document);
    Ok(Prepared { kind, root, layout, request })
}

fn has_one_field(root: &SelectionSet) -> bool {
    matches!(root.items[..], [Positioned { node: Selection::Field(_), .. }])
}

fn check_text(query: &str, limits: &Limits) -> Result<(), ServerError> {
    if query.len() as u64 > limits.document_bytes {
        return Err(too_much("documentBytes", limits.document_bytes));
    }
    let Some(shape) = scan::document(query) else {
        return Err(refusal(Code::GraphqlParseFailed, "A string in the document has no end.", Vec::new()));
    };
    if shape.depth > limits.brackets {
        return Err(too_much("brackets", limits.brackets));
    }
    if shape.length > limits.tokens {
        return Err(too_much("tokens", limits.tokens));
    }
    Ok(())
}

/// The parser's message quotes the line, which may be the whole document: only its last line is kept.
fn parse_error(error: &async_graphql::parser::Error) -> ServerError {
    let message = error.to_string();
    let reason = message.lines().next_back().unwrap_or_default().trim_start_matches([' ', '=']);
    refusal(Code::GraphqlParseFailed, format!("Syntax error: {reason}"), error.positions().collect())
}

/// GetOperation of the GraphQL specification, 6.1.
pub(super) fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, ServerError> {
    let refused = |message: &str| refusal(Code::GraphqlValidationFailed, message, Vec::new());
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Single(_), Some(_)) => {
            Err(refused("The document's only operation has no name."))
        }
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get(name)
            .map(|operation| &operation.node)
            .ok_or_else(|| refused("The document has no operation with the name in `operationName`.")),
        (DocumentOperations::Multiple(operations), None) => {
            let mut each = operations.values();
            match (each.next(), each.next()) {
                (Some(operation), None) => Ok(&operation.node),
                _ => Err(refused("The document has several operations: name one in `operationName`.")),
            }
        }
    }
}

/// The name of the selected operation.
fn name(document: &ExecutableDocument, chosen: Option<&str>) -> Option<String> {
    match &document.operations {
        DocumentOperations::Single(_) => None,
        DocumentOperations::Multiple(operations) => {
            chosen.or_else(|| operations.keys().next().map(Name::as_str)).map(str::to_owned)
        }
    }
}

/// Only for a measured document, which has no cycles and a limited nesting.
fn first_field<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet) -> Option<&'a str> {
    set.items.iter().find_map(|selection| match &selection.node {
        Selection::Field(field) => Some(field.node.name.node.as_str()),
        Selection::InlineFragment(fragment) => first_field(document, &fragment.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node)?;
            first_field(document, &fragment.node.selection_set.node)
        }
    })
}
