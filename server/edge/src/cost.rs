//! The cost of a document, computed without expanding its fragments.
//!
//! Every counter of a selection set is a sum or a maximum over its selections, so each fragment is measured once
//! and its [`Cost`] is reused at every spread: a chain of sixty fragments that each spread the next one twice
//! takes sixty steps, not 2⁶⁰.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, FragmentSpread, OperationDefinition,
    OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};

use super::errors::{Code, refusal, too_much};
use super::limits::Limits;
use super::types::{Types, named};

/// The cost of a selection set; [`Limits`] explains each counter. Sums saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub depth: u64,
    pub nesting: u64,
    pub selections: u64,
    pub aliases: u64,
    pub directives: u64,
    /// Fields of the set itself, including those of its fragments.
    pub roots: u64,
    pub input_bytes: u64,
    pub fields: u64,
    pub introspection_depth: u64,
    pub introspection_fields: u64,
}

impl Cost {
    /// The cost of both together.
    fn and(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
            selections: self.selections.saturating_add(other.selections),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            roots: self.roots.saturating_add(other.roots),
            input_bytes: self.input_bytes.saturating_add(other.input_bytes),
            fields: self.fields.saturating_add(other.fields),
            introspection_depth: self.introspection_depth.max(other.introspection_depth),
            introspection_fields: self.introspection_fields.saturating_add(other.introspection_fields),
        }
    }

    /// The part of the cost that counts for an operation that will not be executed: validation still walks it.
    fn unexecuted(self) -> Self {
        Self { depth: 0, roots: 0, fields: 0, introspection_depth: 0, introspection_fields: 0, ..self }
    }

    /// The cost as seen from the set that contains this fragment or field.
    fn nested(self) -> Self {
        Self { nesting: self.nesting.saturating_add(1), ..self }
    }

    /// # Errors
    /// Refuses the cost when it exceeds a limit. Sending the same request again does not help.
    pub fn check(&self, kind: OperationType, limits: &Limits) -> Result<(), ServerError> {
        let roots = match kind {
            OperationType::Mutation => ("acts", self.roots, limits.acts),
            OperationType::Query | OperationType::Subscription => ("roots", self.roots, limits.roots),
        };
        let counted = [
            ("depth", self.depth, limits.depth),
            ("nesting", self.nesting, limits.nesting),
            ("selections", self.selections, limits.selections),
            ("aliases", self.aliases, limits.aliases),
            ("directives", self.directives, limits.directives),
            roots,
            ("inputBytes", self.input_bytes, limits.input_bytes),
            ("fields", self.fields, limits.fields),
            ("introspectionDepth", self.introspection_depth, limits.introspection_depth),
            ("introspectionFields", self.introspection_fields, limits.introspection_fields),
        ];
        match counted.into_iter().find(|(_, count, limit)| count > limit) {
            Some((name, _, limit)) => Err(too_much(name, limit)),
            None => Ok(()),
        }
    }
}

/// Measures `document`: the `selected` operation with its `variables` as it will be executed, and the rest as far
/// as validation walks it.
///
/// # Errors
/// When fragments form a cycle, or the nesting exceeds the limit. Sending the request again does not help.
pub(super) fn measure(
    document: &ExecutableDocument,
    selected: &OperationDefinition,
    variables: &Variables,
    types: &Types,
    limits: &Limits,
) -> Result<Cost, ServerError> {
    let mut meter = Meter {
        fragments: &document.fragments,
        types,
        variables: given(selected, variables),
        counted: HashMap::new(),
        limits,
    };
    let mut cost = meter.operation(selected)?;
    for (_, operation) in document.operations.iter() {
        if !std::ptr::eq(&operation.node, selected) {
            cost = cost.and(meter.operation(&operation.node)?.unexecuted());
        }
    }
    for name in document.fragments.keys() {
        if !meter.counted.contains_key(name.as_str()) {
            cost = cost.and(meter.fragment(name, 0)?.unexecuted());
        }
    }
    Ok(cost)
}

/// The type that a selection set selects from.
#[derive(Clone, Copy)]
enum Within<'a> {
    /// A type of the schema; none when the type is unknown, which validation will report.
    Type(Option<&'a Name>),
    /// The introspection schema.
    Introspection,
}

impl<'a> Within<'a> {
    /// Looks up the type with this name. Names of introspection begin with `__`.
    fn named(name: &'a Name) -> Self {
        if name.starts_with("__") { Self::Introspection } else { Self::Type(Some(name)) }
    }
}

struct Meter<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    types: &'a Types,
    variables: HashMap<&'a str, Given<'a>>,
    /// `None` while the fragment is being measured, which detects cycles.
    counted: HashMap<&'a str, Option<Cost>>,
    limits: &'a Limits,
}

impl<'a> Meter<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Cost, ServerError> {
        let definitions = operation.variable_definitions.iter();
        let own = definitions.map(|definition| self.directives(&definition.node.directives));
        let own = own.fold(self.directives(&operation.directives), Cost::and);
        let root = Within::Type(Some(self.types.root(operation.ty)));
        Ok(own.and(self.set(&operation.selection_set.node, 0, root)?))
    }

    /// `level` limits the recursion of this function.
    fn set(&mut self, set: &'a SelectionSet, level: u64, within: Within<'a>) -> Result<Cost, ServerError> {
        if level > self.limits.nesting {
            return Err(too_much("nesting", self.limits.nesting));
        }
        set.items.iter().try_fold(Cost::default(), |cost, selection| {
            Ok(cost.and(match &selection.node {
                Selection::Field(field) => self.field(&field.node, level, within)?,
                Selection::FragmentSpread(spread) => self.spread(&spread.node, level)?,
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let within = condition.map_or(within, |condition| Within::named(&condition.node.on.node));
                    let inside = self.set(&fragment.node.selection_set.node, level + 1, within)?;
                    selection_of(self.directives(&fragment.node.directives)).and(inside.nested())
                }
            }))
        })
    }

    fn field(&mut self, field: &'a Field, level: u64, within: Within<'a>) -> Result<Cost, ServerError> {
        let name = &field.name.node;
        let (enters, size, below) = match within {
            Within::Introspection => (false, introspection_size(name), Within::Introspection),
            Within::Type(_) if matches!(name.as_str(), "__schema" | "__type") => {
                (true, 1, Within::Introspection)
            }
            Within::Type(parent) => {
                let ty = parent.and_then(|parent| self.types.field(parent, name));
                let assumed = || parent.map_or(1, |parent| self.types.assumed_length(parent, name));
                (false, self.size(field).unwrap_or_else(assumed), Within::Type(ty.map(named)))
            }
        };
        let children = &field.selection_set.node;
        let inside = if children.items.is_empty() {
            Cost::default()
        } else {
            self.set(children, level + 1, below)?.nested()
        };
        let inputs = field.arguments.iter().map(|(_, value)| self.bytes(&value.node));
        let own = Cost {
            aliases: u64::from(field.alias.is_some()),
            input_bytes: inputs.fold(0, u64::saturating_add),
            ..Cost::default()
        };
        let own = own.and(selection_of(self.directives(&field.directives)));
        let all = own.and(inside);
        Ok(if enters {
            Cost {
                depth: 1,
                fields: 1,
                roots: 1,
                introspection_depth: inside.depth,
                introspection_fields: inside.fields.saturating_add(1),
                ..all
            }
        } else {
            Cost {
                depth: inside.depth.saturating_add(1),
                fields: inside.fields.saturating_mul(size).saturating_add(1),
                roots: 1,
                ..all
            }
        })
    }

    fn spread(&mut self, spread: &'a FragmentSpread, level: u64) -> Result<Cost, ServerError> {
        let inside = self.fragment(&spread.fragment_name.node, level + 1)?;
        Ok(selection_of(self.directives(&spread.directives)).and(inside.nested()))
    }

    /// The cost of a fragment's selections; zero for an unknown fragment, which validation will report.
    fn fragment(&mut self, name: &'a str, level: u64) -> Result<Cost, ServerError> {
        match self.counted.get(name) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => {
                let at = self.fragments.get(name).map(|fragment| fragment.pos).into_iter().collect();
                let message = format!("The fragment \"{name}\" spreads itself.");
                return Err(refusal(Code::GraphqlValidationFailed, message, at));
            }
            None => {}
        }
        let Some(fragment) = self.fragments.get(name) else { return Ok(Cost::default()) };
        self.counted.insert(name, None);
        let within = Within::named(&fragment.node.type_condition.node.on.node);
        let inside = self.set(&fragment.node.selection_set.node, level, within)?;
        let cost = self.directives(&fragment.node.directives).and(inside);
        self.counted.insert(name, Some(cost));
        Ok(cost)
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Cost {
        let arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
        Cost {
            directives: directives.len() as u64,
            input_bytes: arguments.map(|(_, value)| self.bytes(&value.node)).fold(0, u64::saturating_add),
            ..Cost::default()
        }
    }

    /// The most items that a field can return according to its arguments, at least 1; none when they do not say.
    fn size(&self, field: &Field) -> Option<u64> {
        let sizes = field.arguments.iter().filter_map(|(name, value)| match name.node.as_str() {
            "first" | "last" => self.number(&value.node),
            "ids" => self.length(&value.node),
            _ => None,
        });
        sizes.max().map(|size| size.max(1))
    }

    fn number(&self, value: &Value) -> Option<u64> {
        match value {
            Value::Number(number) => number.as_u64(),
            Value::Variable(name) => match self.variables.get(name.as_str())?.value {
                ConstValue::Number(number) => number.as_u64(),
                _ => None,
            },
            _ => None,
        }
    }

    fn length(&self, value: &Value) -> Option<u64> {
        match value {
            Value::List(items) => Some(items.len() as u64),
            Value::Variable(name) => match self.variables.get(name.as_str())?.value {
                ConstValue::List(items) => Some(items.len() as u64),
                _ => None,
            },
            _ => None,
        }
    }

    fn bytes(&self, value: &Value) -> u64 {
        VALUE_BYTES.saturating_add(match value {
            Value::Variable(name) => self.variables.get(name.as_str()).map_or(0, |given| given.bytes),
            Value::String(text) => text.len() as u64,
            Value::List(items) => items.iter().map(|item| self.bytes(item)).fold(0, u64::saturating_add),
            Value::Object(fields) => {
                fields.values().map(|field| self.bytes(field)).fold(0, u64::saturating_add)
            }
            _ => 0,
        })
    }
}

/// The memory of a value beside its text.
const VALUE_BYTES: u64 = 32;

/// The value of a variable, or its default.
struct Given<'a> {
    value: &'a ConstValue,
    bytes: u64,
}

fn given<'a>(operation: &'a OperationDefinition, variables: &'a Variables) -> HashMap<&'a str, Given<'a>> {
    let defaults = operation.variable_definitions.iter().filter_map(|definition| {
        let default = definition.node.default_value.as_ref()?;
        Some((definition.node.name.node.as_str(), &default.node))
    });
    let sent = variables.iter().map(|(name, value)| (name.as_str(), value));
    defaults.chain(sent).map(|(name, value)| (name, Given { value, bytes: const_bytes(value) })).collect()
}

fn const_bytes(value: &ConstValue) -> u64 {
    VALUE_BYTES.saturating_add(match value {
        ConstValue::String(text) => text.len() as u64,
        ConstValue::List(items) => items.iter().map(const_bytes).fold(0, u64::saturating_add),
        ConstValue::Object(fields) => fields.values().map(const_bytes).fold(0, u64::saturating_add),
        _ => 0,
    })
}

fn selection_of(directives: Cost) -> Cost {
    Cost { selections: 1, ..directives }
}

/// The assumed length of each list of introspection.
fn introspection_size(field: &str) -> u64 {
    match field {
        "types" => 200,
        "fields" | "inputFields" | "enumValues" | "possibleTypes" | "directives" => 10,
        "args" | "interfaces" => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
