//! The four parameters of a GraphQL request, as JSON or in a query string.

use async_graphql::{Extensions, Name, ServerError, Value as ConstValue, Variables};
use serde_json::{Map, Value};

use super::errors::{Code, refusal, too_much};
use super::limits::Limits;
use super::scan;

/// The parsed parameters.
pub struct Params {
    /// The GraphQL document.
    pub query: String,
    /// The operation to execute.
    pub operation_name: Option<String>,
    /// Values of the operation's variables.
    pub variables: Variables,
    /// Protocol extensions sent by the client.
    pub extensions: Extensions,
}

impl Params {
    /// Parses a JSON object: the body of a POST.
    ///
    /// # Errors
    /// `BAD_REQUEST`, or `COST_EXCEEDED` when it is too deep or has too many values.
    pub fn from_json(text: &[u8], limits: &Limits) -> Result<Self, ServerError> {
        match json(text, limits)? {
            Some(Value::Object(object)) => Self::from_object(object),
            Some(Value::Array(_)) => Err(bad("Batches are not supported: send one JSON object a request.")),
            Some(_) => Err(bad("The body is not a JSON object.")),
            None => Err(bad("The body is not JSON.")),
        }
    }

    /// Parses the pairs of a query string: the parameters of a GET.
    ///
    /// # Errors
    /// As [`Params::from_json`].
    pub fn from_pairs(pairs: Vec<(String, String)>, limits: &Limits) -> Result<Self, ServerError> {
        let mut object = Map::new();
        for (name, text) in pairs {
            // An empty string means an absent parameter (GraphQL over HTTP, GET).
            if text.is_empty() {
                continue;
            }
            let value = match name.as_str() {
                "variables" | "extensions" => {
                    json(text.as_bytes(), limits)?.ok_or_else(|| bad(&format!("`{name}` is not JSON.")))?
                }
                "query" | "operationName" => Value::String(text),
                _ => continue,
            };
            if object.insert(name, value).is_some() {
                return Err(bad("A parameter is there twice."));
            }
        }
        Self::from_object(object)
    }

    /// Parses an object that is within the limits.
    ///
    /// # Errors
    /// `BAD_REQUEST`.
    pub(super) fn from_object(mut object: Map<String, Value>) -> Result<Self, ServerError> {
        let Some(Value::String(query)) = object.remove("query") else {
            return Err(bad("`query` is missing or not a string."));
        };
        let operation_name = match object.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(bad("`operationName` is not a string.")),
        };
        let variables = values(&mut object, "variables")?;
        let extensions = values(&mut object, "extensions")?;
        Ok(Self {
            query,
            operation_name: operation_name.filter(|name| !name.is_empty()),
            variables: Variables::from_value(ConstValue::Object(
                variables.map(|(name, value)| (Name::new(name), value)).collect(),
            )),
            extensions: Extensions(extensions.collect()),
        })
    }
}

/// A parameter that is a map.
fn values(
    object: &mut Map<String, Value>,
    name: &str,
) -> Result<impl Iterator<Item = (String, ConstValue)> + use<>, ServerError> {
    let map = match object.remove(name) {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(map)) => map,
        Some(_) => return Err(bad(&format!("`{name}` is not an object."))),
    };
    let values = map.into_iter().map(|(name, value)| Ok((name, ConstValue::from_json(value)?)));
    let values: Result<Vec<_>, serde_json::Error> = values.collect();
    Ok(values.map_err(|_| bad(&format!("`{name}` cannot be read.")))?.into_iter())
}

/// `None` when it is not JSON.
fn json(text: &[u8], limits: &Limits) -> Result<Option<Value>, ServerError> {
    let shape = scan::json(text);
    if shape.depth > limits.json_depth {
        return Err(too_much("jsonDepth", limits.json_depth));
    }
    if shape.length > limits.json_values {
        return Err(too_much("jsonValues", limits.json_values));
    }
    Ok(serde_json::from_slice(text).ok())
}

fn bad(message: &str) -> ServerError {
    refusal(Code::BadRequest, message, Vec::new())
}
