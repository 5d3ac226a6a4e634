//! Checks the values of arguments and variables against the schema before anything is executed, and says where one is
//! wrong: async-graphql would refuse it later, and name only the types around it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, InputValueDefinition, OperationDefinition, Selection, SelectionSet,
    Type, TypeDefinition, TypeKind, VariableDefinition,
};
use async_graphql::{ID, InputType, Name, Pos, Positioned, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};

use super::errors::{Code, plain, refusal};
use super::types::{Types, named};

/// The code of the contract for a value that its type does not take.
pub(super) const OUT_OF_RANGE: &str = "OUT_OF_RANGE";
/// The same for a missing one.
const REQUIRED: &str = "REQUIRED";
/// The same for several where one is taken.
const MUTUALLY_EXCLUSIVE: &str = "MUTUALLY_EXCLUSIVE";

/// What a scalar says of a value that it does not take.
struct Complaint {
    message: String,
    reason: Option<String>,
}

type Read = fn(ConstValue) -> Result<(), Complaint>;

/// The scalars of a schema, by name: those of the specification, and those that are added.
#[derive(Clone)]
pub struct Scalars(Arc<HashMap<Cow<'static, str>, Read>>);

impl Default for Scalars {
    fn default() -> Self {
        let none = Self(Arc::default());
        none.with::<i32>().with::<f64>().with::<bool>().with::<String>().with::<ID>()
    }
}

impl Scalars {
    /// These, and `T`.
    #[must_use]
    pub fn with<T: InputType>(mut self) -> Self {
        let read: Read = |value| match T::parse(Some(value)) {
            Ok(_) => Ok(()),
            Err(error) => {
                let ServerError { message, extensions, .. } = error.into_server_error(Pos::default());
                let reason = extensions.and_then(|extensions| match extensions.get("reason") {
                    Some(ConstValue::String(reason)) => Some(reason.clone()),
                    _ => None,
                });
                Err(Complaint { message, reason })
            }
        };
        Arc::make_mut(&mut self.0).insert(T::type_name(), read);
        self
    }

    /// Whether values of this scalar are checked.
    pub fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl fmt::Debug for Scalars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// An argument of a field, or a field of an input.
struct Slot {
    name: Name,
    ty: Type,
    has_default: bool,
}

impl Slot {
    fn all(definitions: Vec<Positioned<InputValueDefinition>>) -> Vec<Self> {
        let slot = |definition: Positioned<InputValueDefinition>| {
            let InputValueDefinition { name, ty, default_value, .. } = definition.node;
            Self { name: name.node, ty: ty.node, has_default: default_value.is_some() }
        };
        definitions.into_iter().map(slot).collect()
    }
}

/// A type of inputs that is no scalar.
enum Kind {
    Object { fields: Vec<Slot>, one_of: bool },
    Enum(HashSet<Name>),
}

/// What the schema says of inputs.
#[derive(Default)]
pub(super) struct Inputs {
    /// By type and field.
    arguments: HashMap<Name, HashMap<Name, Vec<Slot>>>,
    kinds: HashMap<Name, Kind>,
}

impl Inputs {
    /// Reads what a definition says of inputs.
    pub fn add(&mut self, definition: TypeDefinition) {
        let name = definition.name.node;
        let one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
        match definition.kind {
            TypeKind::InputObject(object) => {
                self.kinds.insert(name, Kind::Object { fields: Slot::all(object.fields), one_of });
            }
            TypeKind::Enum(of) => {
                let values = of.values.into_iter().map(|value| value.node.value.node).collect();
                self.kinds.insert(name, Kind::Enum(values));
            }
            TypeKind::Object(object) => {
                let fields = object.fields.into_iter().map(|field| field.node);
                let fields = fields.map(|field| (field.name.node, Slot::all(field.arguments)));
                self.arguments.insert(name, fields.collect());
            }
            TypeKind::Interface(_) | TypeKind::Union(_) | TypeKind::Scalar => {}
        }
    }
}

/// Why a value is refused.
struct Wrong {
    /// Where it is in the document, if that is not where the argument is.
    at: Option<Pos>,
    path: Vec<String>,
    reason: String,
    message: String,
}

impl Wrong {
    /// The refusal of an argument here. A variable that no argument uses has no path.
    fn at(self, argument: Pos) -> ServerError {
        let Self { at, path, reason, message } = self;
        let mut error = refusal(Code::BadUserInput, message, vec![at.unwrap_or(argument)]);
        if let Some(extensions) = &mut error.extensions {
            extensions.set("reason", reason);
            if !path.is_empty() {
                extensions.set("argument", path);
            }
        }
        error
    }
}

/// Checks the arguments of all fields of an operation, with its variables. Fields, arguments and variables that do not
/// exist are left to validation.
///
/// # Errors
/// `BAD_USER_INPUT` about the first wrong value, with its path. Sending the request again does not help.
pub(super) fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    types: &Types,
    scalars: &Scalars,
) -> Result<(), ServerError> {
    let definitions = operation.variable_definitions.iter();
    let definitions =
        definitions.map(|definition| (definition.node.name.node.as_str(), definition)).collect();
    let mut checker = Checker { document, definitions, variables, types, scalars, seen: HashSet::new() };
    checker.set(&operation.selection_set.node, types.root(operation.ty))?;
    // CoerceVariableValues (GraphQL specification, 6.1.2): also where no argument uses them.
    operation.variable_definitions.iter().try_for_each(|definition| match checker.sent(definition) {
        None | Some(ConstValue::Null) if !definition.node.var_type.node.nullable => {
            Err(unset(&[], definition).at(definition.pos))
        }
        _ => Ok(()),
    })
}

struct Checker<'a> {
    document: &'a ExecutableDocument,
    definitions: HashMap<&'a str, &'a Positioned<VariableDefinition>>,
    variables: &'a Variables,
    types: &'a Types,
    scalars: &'a Scalars,
    /// Fragments that were checked.
    seen: HashSet<&'a str>,
}

impl<'a> Checker<'a> {
    /// Only for a measured document, which has no cycles and a limited nesting.
    fn set(&mut self, set: &'a SelectionSet, parent: &'a Name) -> Result<(), ServerError> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(field, parent)?,
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = condition.map_or(parent, |condition| &condition.node.on.node);
                    self.set(&fragment.node.selection_set.node, parent)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.seen.insert(name)
                    {
                        let parent = &fragment.node.type_condition.node.on.node;
                        self.set(&fragment.node.selection_set.node, parent)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &'a Positioned<Field>, parent: &'a Name) -> Result<(), ServerError> {
        let Positioned { pos, node } = field;
        let types = self.types;
        let slots = types.inputs.arguments.get(parent).and_then(|fields| fields.get(&node.name.node));
        for slot in slots.into_iter().flatten() {
            let given = node.arguments.iter().find(|(name, _)| name.node == slot.name);
            let at = given.map_or(*pos, |(_, value)| value.pos);
            let mut path = vec![slot.name.to_string()];
            let checked = self.slot(slot, given.map(|(_, value)| &value.node), &mut path);
            checked.map_err(|wrong| wrong.at(at))?;
        }
        match types.field(parent, &node.name.node) {
            Some(ty) => self.set(&node.selection_set.node, named(ty)),
            None => Ok(()),
        }
    }

    fn slot(&self, slot: &Slot, given: Option<&Value>, path: &mut Vec<String>) -> Result<(), Wrong> {
        match given {
            Some(value) => self.value(value, &slot.ty, path),
            None if slot.ty.nullable || slot.has_default => Ok(()),
            None => Err(missing(path, &slot.ty)),
        }
    }

    fn value(&self, value: &Value, ty: &Type, path: &mut Vec<String>) -> Result<(), Wrong> {
        match (value, &ty.base) {
            (Value::Variable(name), _) => self.variable(name, ty, path),
            (Value::Null, _) if ty.nullable => Ok(()),
            (Value::Null, _) => Err(missing(path, ty)),
            (Value::List(items), BaseType::List(item)) => {
                for (index, value) in items.iter().enumerate() {
                    within(path, index.to_string(), |path| self.value(value, item, path))?;
                }
                Ok(())
            }
            // A single value is a list of one.
            (single, BaseType::List(item)) => self.value(single, item, path),
            (value, BaseType::Named(name)) => self.named(value, name, path),
        }
    }

    /// The value of a variable: what was sent, else its default.
    fn sent<'d>(&'d self, definition: &'d Positioned<VariableDefinition>) -> Option<&'d ConstValue> {
        let default = definition.node.default_value.as_ref().map(|default| &default.node);
        self.variables.get(&definition.node.name.node).or(default)
    }

    fn variable(&self, name: &Name, ty: &Type, path: &mut Vec<String>) -> Result<(), Wrong> {
        let Some(definition) = self.definitions.get(name.as_str()) else { return Ok(()) };
        let required = &definition.node.var_type.node;
        match self.sent(definition) {
            None if required.nullable => Ok(()),
            None => Err(unset(path, definition)),
            Some(ConstValue::Null) if !required.nullable => Err(unset(path, definition)),
            Some(value) => self.value(&value.clone().into_value(), ty, path),
        }
    }

    fn named(&self, value: &Value, name: &Name, path: &mut Vec<String>) -> Result<(), Wrong> {
        match self.types.inputs.kinds.get(name) {
            Some(Kind::Object { fields, one_of }) => {
                let Value::Object(given) = value else {
                    let message = format!("Expected an object of the type \"{name}\".");
                    return Err(wrong(path, OUT_OF_RANGE, message));
                };
                if let Some(unknown) = given.keys().find(|key| !fields.iter().any(|slot| slot.name == **key))
                {
                    let message = format!("The type \"{name}\" has no field \"{unknown}\".");
                    return within(path, unknown.to_string(), |path| Err(wrong(path, OUT_OF_RANGE, message)));
                }
                if *one_of && (given.len() != 1 || given.values().any(|value| *value == Value::Null)) {
                    let message = format!("Give exactly one field of the type \"{name}\".");
                    let reason = if given.len() > 1 { MUTUALLY_EXCLUSIVE } else { REQUIRED };
                    return Err(wrong(path, reason, message));
                }
                for slot in fields {
                    within(path, slot.name.to_string(), |path| self.slot(slot, given.get(&slot.name), path))?;
                }
                Ok(())
            }
            Some(Kind::Enum(values)) => {
                let message = match value {
                    Value::Enum(value) if values.contains(value) => return Ok(()),
                    Value::String(value) if values.contains(value.as_str()) => return Ok(()),
                    Value::Enum(_) | Value::String(_) => {
                        format!("{value} is no value of the type \"{name}\".")
                    }
                    _ => format!("Expected a value of the type \"{name}\"."),
                };
                Err(wrong(path, OUT_OF_RANGE, message))
            }
            None => self.scalar(value, name, path),
        }
    }

    fn scalar(&self, value: &Value, name: &Name, path: &[String]) -> Result<(), Wrong> {
        let (Some(read), Some(value)) = (self.scalars.0.get(name.as_str()), value.clone().into_const())
        else {
            return Ok(());
        };
        read(value).map_err(|Complaint { message, reason }| Wrong {
            at: None,
            path: path.to_vec(),
            reason: reason.unwrap_or_else(|| OUT_OF_RANGE.to_owned()),
            message: plain(&message).to_owned(),
        })
    }
}

/// Checks a part of a value.
fn within(
    path: &mut Vec<String>,
    step: String,
    check: impl FnOnce(&mut Vec<String>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    path.push(step);
    let checked = check(path);
    path.pop();
    checked
}

fn wrong(path: &[String], reason: &str, message: String) -> Wrong {
    Wrong { at: None, path: path.to_vec(), reason: reason.to_owned(), message }
}

fn missing(path: &[String], ty: &Type) -> Wrong {
    wrong(path, REQUIRED, format!("A value of the type \"{ty}\" is missing."))
}

fn unset(path: &[String], definition: &Positioned<VariableDefinition>) -> Wrong {
    let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
    let message = format!("The variable \"${name}\" of type \"{ty}\" has no value.");
    Wrong { at: Some(definition.pos), ..wrong(path, REQUIRED, message) }
}
