//! Enums of the business, shown in the API as they are declared there.

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{InputType, InputValueError, InputValueResult, Name, Value};
use guichet_base::text_enum::TextEnum;

/// Declares `UserErrorCode => error::Code`: the enum of this name in the API, with the values and descriptions of
/// that enum of the business.
macro_rules! mirror {
    ($name:ident => $of:ty) => {
        #[doc = concat!("The API's [`", stringify!($of), "`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub $of);

        impl $name {
            /// The value as the API tells it. Lists tell many, so the names are made once.
            fn told(self) -> async_graphql::Value {
                static NAMES: std::sync::LazyLock<Vec<async_graphql::Name>> =
                    std::sync::LazyLock::new($crate::graphql::mirror::names::<$of>);
                // In the order of declaration, as the values are.
                async_graphql::Value::Enum(NAMES[self.0 as usize].clone())
            }
        }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                Self(value)
            }
        }

        impl From<$name> for $of {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl async_graphql::InputType for $name {
            type RawValueType = Self;

            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                $crate::graphql::mirror::register::<Self, $of>(registry)
            }

            fn parse(value: Option<async_graphql::Value>) -> async_graphql::InputValueResult<Self> {
                $crate::graphql::mirror::parse::<Self, $of>(value)
            }

            fn to_value(&self) -> async_graphql::Value {
                self.told()
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl async_graphql::OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                $crate::graphql::mirror::register::<Self, $of>(registry)
            }

            async fn resolve(
                &self,
                _: &async_graphql::ContextSelectionSet<'_>,
                _: &async_graphql::Positioned<async_graphql::parser::types::Field>,
            ) -> async_graphql::ServerResult<async_graphql::Value> {
                Ok(self.told())
            }
        }
    };
}
pub(crate) use mirror;

/// Registers `T` as the enum `E`.
pub fn register<T: InputType, E: TextEnum>(registry: &mut Registry) -> String {
    let values = || E::VALUES.iter().map(|(_, text, about)| (spelled(text), (*about).to_owned()));
    registry.create_input_type::<T, _>(MetaTypeId::Enum, |_| MetaType::Enum {
        name: T::type_name().into_owned(),
        description: Some(E::ABOUT.to_owned()),
        enum_values: values()
            .map(|(name, about)| (name.clone(), described(name, about)))
            .collect::<IndexMap<_, _>>(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<T>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    })
}

fn described(name: String, about: String) -> MetaEnumValue {
    MetaEnumValue {
        name,
        description: Some(about),
        deprecation: async_graphql::registry::Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}

/// Reads a value of an input.
///
/// # Errors
/// When it is none of `E`.
pub fn parse<T: InputType + From<E>, E: TextEnum>(value: Option<Value>) -> InputValueResult<T> {
    let value = value.unwrap_or_default();
    let name = match &value {
        Value::Enum(name) => name.as_str(),
        Value::String(name) => name,
        _ => return Err(InputValueError::expected_type(value)),
    };
    let found = E::VALUES.iter().find(|(_, text, _)| spelled(text) == name);
    found.map(|(value, ..)| (*value).into()).ok_or_else(|| {
        InputValueError::custom(format_args!(r#"Enumeration type does not contain value "{name}"."#))
    })
}

/// The names of the values in the API, in the order of declaration.
pub fn names<E: TextEnum>() -> Vec<Name> {
    E::VALUES.iter().map(|(_, text, _)| Name::new(spelled(text))).collect()
}

/// GraphQL's names have no hyphens, as languages do: `pt-BR` is `PT_BR`.
fn spelled(text: &str) -> String {
    text.to_uppercase().replace('-', "_")
}
