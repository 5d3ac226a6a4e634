//! The types of the schema, for checking inputs, for computing costs and for inserting null where a field failed.
//!
//! A failed field must be null, or, when it is not nullable, its next nullable parent (GraphQL specification,
//! 6.4.4). async-graphql 7.2 omits the field instead, nullable or not, which no client expects. The nulls are
//! inserted here, after execution, and only when something failed.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationType, Selection, SelectionSet, Type, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::parser::{parse_query, parse_schema};
use async_graphql::{Name, ObjectType, PathSegment, Response, Schema, SubscriptionType, Value};

use super::document::select;
use super::inputs::Inputs;

/// The assumed length of a list that no argument limits.
pub(super) const ASSUMED_LENGTH: u64 = 5;

/// The same for a list in a message of a subscription: what happened in the meantime is sent at once, up to the
/// size of a page.
pub const MESSAGE_LENGTH: usize = 100;

/// The type of each field of the schema.
pub struct Types {
    fields: HashMap<Name, HashMap<Name, Type>>,
    /// Types that only messages of subscriptions contain.
    messages: HashSet<Name>,
    query: Name,
    mutation: Name,
    subscription: Name,
    pub(super) inputs: Inputs,
}

impl Types {
    /// The types of `schema`. They are read once per process, because reading takes longer than the rest of a start,
    /// and tests start many servers.
    pub fn of<Q, M, S>(schema: &Schema<Q, M, S>) -> Arc<Self>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        static READ: LazyLock<Mutex<HashMap<TypeId, Arc<Types>>>> = LazyLock::new(Mutex::default);
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let types = read.entry(TypeId::of::<(Q, M, S)>()).or_insert_with(|| {
            let roots = [Q::type_name(), M::type_name(), S::type_name()];
            Arc::new(Self::read(&schema.sdl(), roots.each_ref().map(AsRef::as_ref)))
        });
        Arc::clone(types)
    }

    /// Reads the types of an SDL; `roots` are the root types of queries, mutations and subscriptions.
    pub(super) fn read(sdl: &str, roots: [&str; 3]) -> Self {
        let document = parse_schema(sdl).expect("async-graphql reads what it writes");
        let (mut fields, mut inputs) = (HashMap::new(), Inputs::default());
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let own = match &definition.node.kind {
                TypeKind::Object(object) => Some(&object.fields),
                TypeKind::Interface(interface) => Some(&interface.fields),
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => None,
            };
            if let Some(own) = own {
                let own = own.iter().map(|field| (field.node.name.node.clone(), field.node.ty.node.clone()));
                fields.insert(definition.node.name.node.clone(), own.collect());
            }
            inputs.add(definition.node);
        }
        let [query, mutation, subscription] = roots.map(Name::new);
        let messages = messages(&fields, &subscription);
        Self { fields, messages, query, mutation, subscription, inputs }
    }

    /// The type of a field; none when there is no such field.
    pub(super) fn field(&self, parent: &str, field: &str) -> Option<&Type> {
        self.fields.get(parent)?.get(field)
    }

    /// The assumed length of a field that no argument limits. The lists of a Relay connection are as long as the
    /// arguments of the connection allow.
    pub(super) fn assumed_length(&self, parent: &str, field: &str) -> u64 {
        let is_list = |ty: &Type| matches!(ty.base, BaseType::List(_));
        let of_connection = || self.field(parent, "pageInfo").is_some();
        if !self.field(parent, field).is_some_and(is_list) || of_connection() {
            return 1;
        }
        if self.messages.contains(parent) { MESSAGE_LENGTH as u64 } else { ASSUMED_LENGTH }
    }

    /// The root type of this kind of operation.
    pub(super) const fn root(&self, kind: OperationType) -> &Name {
        match kind {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        }
    }

    /// Whether the root type of this kind of operation has a field with this name.
    pub(super) fn has_root(&self, kind: OperationType, field: &str) -> bool {
        matches!(field, "__schema" | "__type" | "__typename") || self.field(self.root(kind), field).is_some()
    }

    /// The fields of the root type of this kind of operation.
    pub(super) fn roots(&self, kind: OperationType) -> impl Iterator<Item = &str> {
        self.fields.get(self.root(kind)).into_iter().flat_map(HashMap::keys).map(Name::as_str)
    }

    /// Inserts the missing nulls into the data of `response`, the answer to that operation of `query`.
    pub fn put_nulls(&self, response: &mut Response, query: &str, operation_name: Option<&str>) {
        let Response { data, errors, .. } = response;
        if errors.iter().all(|error| error.path.is_empty()) {
            return;
        }
        let Ok(document) = parse_query(query) else { return *data = Value::Null };
        for error in errors.iter().filter(|error| !error.path.is_empty()) {
            let length = self.nullable(&document, operation_name, data, &error.path).unwrap_or(0);
            put_null(data, &error.path[..length]);
        }
    }

    /// The number of steps of `path` to the place for null: the last one that exists, or could, and is nullable. 0
    /// is `data` itself.
    fn nullable(
        &self,
        document: &ExecutableDocument,
        operation_name: Option<&str>,
        data: &Value,
        path: &[PathSegment],
    ) -> Option<usize> {
        let operation = select(document, operation_name).ok()?;
        let mut sets = vec![(self.root(operation.ty), &operation.selection_set.node)];
        let mut value = Some(data);
        let mut ty: Option<&Type> = None;
        let mut nullable = 0;
        for (step, length) in path.iter().zip(1..) {
            let inside = value?;
            (ty, value) = match step {
                PathSegment::Field(key) => {
                    let mut found = Vec::new();
                    sets.iter().for_each(|(parent, set)| collect(document, parent, set, key, &mut found));
                    let (parent, field) = found.first()?;
                    let ty = self.field(parent, &field.name.node)?;
                    sets = found.iter().map(|(_, field)| (named(ty), &field.selection_set.node)).collect();
                    let Value::Object(fields) = inside else { return None };
                    (Some(ty), fields.get(key.as_str()))
                }
                PathSegment::Index(index) => {
                    let (BaseType::List(item), Value::List(items)) = (&ty?.base, inside) else { return None };
                    (Some(item.as_ref()), items.get(*index))
                }
            };
            if ty?.nullable {
                nullable = length;
            }
            // An object whose fields all failed arrives as null, even where null is not allowed.
            if value.is_none_or(|value| *value == Value::Null) {
                break;
            }
        }
        Some(nullable)
    }
}

/// The named type inside lists.
pub(super) fn named(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(item),
    }
}

/// The types that only subscriptions return.
fn messages(fields: &HashMap<Name, HashMap<Name, Type>>, subscription: &Name) -> HashSet<Name> {
    let others = fields.iter().filter(|(parent, _)| *parent != subscription);
    let others: HashSet<&Name> = others.flat_map(|(_, own)| own.values()).map(named).collect();
    let told = fields.get(subscription).into_iter().flat_map(|own| own.values()).map(named);
    told.filter(|name| !others.contains(*name)).cloned().collect()
}

/// The fields of `set` with the response key `key`, each with its parent type. Only for an operation that was
/// executed, which has no cycles.
fn collect<'a>(
    document: &'a ExecutableDocument,
    parent: &'a Name,
    set: &'a SelectionSet,
    key: &str,
    found: &mut Vec<(&'a Name, &'a Field)>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                if field.node.response_key().node == key {
                    found.push((parent, &field.node));
                }
            }
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                let parent = condition.map_or(parent, |condition| &condition.node.on.node);
                collect(document, parent, &fragment.node.selection_set.node, key, found);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    let parent = &fragment.node.type_condition.node.on.node;
                    collect(document, parent, &fragment.node.selection_set.node, key, found);
                }
            }
        }
    }
}

fn put_null(data: &mut Value, path: &[PathSegment]) {
    match (path, data) {
        ([], data) => *data = Value::Null,
        ([PathSegment::Field(key)], Value::Object(fields)) => {
            fields.insert(Name::new(key), Value::Null);
        }
        ([PathSegment::Field(key), rest @ ..], Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(key.as_str()) {
                put_null(value, rest);
            }
        }
        ([PathSegment::Index(index), rest @ ..], Value::List(items)) => {
            if let Some(value) = items.get_mut(*index) {
                put_null(value, rest);
            }
        }
        _ => {}
    }
}
