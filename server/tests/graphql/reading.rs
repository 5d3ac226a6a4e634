//! A parsed contract.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// The types of a contract by name.
pub struct Contract {
    pub types: BTreeMap<String, TypeDefinition>,
    /// The types of queries, mutations and subscriptions, if any.
    pub roots: Vec<String>,
}

impl Contract {
    pub fn read(sdl: &str) -> Self {
        let mut contract = Self { types: BTreeMap::new(), roots: Vec::new() };
        for definition in parse_schema(sdl).unwrap().definitions {
            match definition {
                TypeSystemDefinition::Type(definition) => {
                    contract.types.insert(definition.node.name.node.to_string(), definition.node);
                }
                TypeSystemDefinition::Schema(schema) => {
                    let roots = [schema.node.query, schema.node.mutation, schema.node.subscription];
                    contract.roots.extend(roots.into_iter().flatten().map(|name| name.node.to_string()));
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        contract
    }

    /// The types with fields, and these fields.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &[Positioned<FieldDefinition>])> {
        self.types
            .iter()
            .map(|(name, definition)| (name.as_str(), fields(definition)))
            .filter(|(_, f)| !f.is_empty())
    }

    /// A field of a type.
    pub fn field(&self, of: &str, name: &str) -> Option<&FieldDefinition> {
        fields(self.types.get(of)?).iter().map(|field| &field.node).find(|field| field.name.node == name)
    }
}

/// The fields of a type.
pub fn fields(definition: &TypeDefinition) -> &[Positioned<FieldDefinition>] {
    match &definition.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => &[],
    }
}

/// The fields of an input.
pub fn input_fields(definition: &TypeDefinition) -> &[Positioned<InputValueDefinition>] {
    match &definition.kind {
        TypeKind::InputObject(object) => &object.fields,
        _ => &[],
    }
}

/// The interfaces of a type.
pub fn implements(definition: &TypeDefinition) -> &[Positioned<Name>] {
    match &definition.kind {
        TypeKind::Object(object) => &object.implements,
        TypeKind::Interface(interface) => &interface.implements,
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => &[],
    }
}

/// Whether it is marked as deprecated.
pub fn is_deprecated(directives: &[Positioned<ConstDirective>]) -> bool {
    directives.iter().any(|directive| directive.node.name.node == "deprecated")
}

/// Whether a value is required.
pub fn is_required(value: &InputValueDefinition) -> bool {
    !value.ty.node.nullable && value.default_value.is_none()
}
