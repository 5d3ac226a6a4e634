//! The messages of `graphql-transport-ws`.

use async_graphql::ServerError;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::close::Close;
use crate::errors::{Code, refusal, too_much};
use crate::execution::Answer;
use crate::limits::Limits;
use crate::params::Params;
use crate::scan;

/// A message from the client.
pub(super) enum Incoming {
    /// Asks to be admitted.
    ConnectionInit(Map<String, Value>),
    /// Asks for a pong with the same payload.
    Ping(Option<Map<String, Value>>),
    /// Answers a ping.
    Pong,
    /// Asks to execute an operation, whose parameters may exceed a limit.
    Subscribe { id: String, params: Result<Params, ServerError> },
    /// Ends an operation.
    Complete { id: String },
}

/// Longest id of an operation: it is kept while the operation runs.
const ID_BYTES: usize = 128;

/// The type of a message, read before the payload, which may be too large to read.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    #[serde(rename = "payload")]
    _payload: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Body {
    payload: Option<Value>,
}

impl Incoming {
    /// Parses a message.
    ///
    /// # Errors
    /// 4400 for an invalid message.
    pub fn read(text: &str, limits: &Limits) -> Result<Self, Close> {
        let Ok(Head { kind, id, .. }) = serde_json::from_str(text) else {
            return Err(Close::bad_message("A message is a JSON object with a `type`"));
        };
        let is_id = |id: &String| (1..=ID_BYTES).contains(&id.len());
        let id = || id.filter(is_id).ok_or_else(|| Close::bad_message("`id` is missing or too long"));
        match kind.as_str() {
            "connection_init" => Ok(Self::ConnectionInit(object(text, limits)?.unwrap_or_default())),
            "ping" => Ok(Self::Ping(object(text, limits)?)),
            "pong" => Ok(Self::Pong),
            "subscribe" => Ok(Self::Subscribe { id: id()?, params: params(text, limits)? }),
            "complete" => Ok(Self::Complete { id: id()? }),
            _ => Err(Close::bad_message("Messages of this `type` are not read here")),
        }
    }
}

/// The parameters of a request; the inner error says which limit they exceed.
fn params(text: &str, limits: &Limits) -> Result<Result<Params, ServerError>, Close> {
    match payload(text, limits) {
        Err(error) => Ok(Err(error)),
        Ok(Some(Value::Object(object))) => {
            Params::from_object(object).map(Ok).map_err(|error| Close::bad_message(error.message))
        }
        Ok(_) => Err(Close::bad_message("`payload` is missing or not an object")),
    }
}

/// An optional payload.
fn object(text: &str, limits: &Limits) -> Result<Option<Map<String, Value>>, Close> {
    match payload(text, limits) {
        Ok(None) => Ok(None),
        Ok(Some(Value::Object(object))) => Ok(Some(object)),
        Ok(Some(_)) => Err(Close::bad_message("`payload` is not an object")),
        Err(error) => Err(Close::bad_message(error.message)),
    }
}

/// # Errors
/// `COST_EXCEEDED`.
fn payload(text: &str, limits: &Limits) -> Result<Option<Value>, ServerError> {
    let shape = scan::json(text.as_bytes());
    // The message itself is one object around its payload.
    if shape.depth > limits.json_depth.saturating_add(1) {
        return Err(too_much("jsonDepth", limits.json_depth));
    }
    if shape.length > limits.json_values {
        return Err(too_much("jsonValues", limits.json_values));
    }
    let body: Result<Body, _> = serde_json::from_str(text);
    Ok(body.map_err(|_| refusal(Code::BadRequest, "`payload` cannot be read.", Vec::new()))?.payload)
}

/// A message to the client.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    ConnectionAck,
    Ping,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'a str,
        payload: Answer<'a>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

#[cfg(test)]
mod tests {
    use async_graphql::Response;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        /// Any text either parses as a message or gives 4400.
        #[test]
        fn anything(text in r#"(\PC|[{}\[\]":,]|"type":"(ping|subscribe|complete)"|"(id|payload)":|null|\{|\}){0,40}"#) {
            if let Err(close) = read(&text) {
                prop_assert_eq!(close.code(), 4400);
            }
        }
    }

    fn read(text: &str) -> Result<Incoming, Close> {
        Incoming::read(text, &Limits { json_depth: 5, ..Limits::default() })
    }

    #[test]
    fn messages_of_clients() {
        assert!(
            matches!(read(r#"{"type":"connection_init"}"#), Ok(Incoming::ConnectionInit(map)) if map.is_empty())
        );
        assert!(matches!(
            read(r#"{"payload":{"a":1},"type":"connection_init"}"#),
            Ok(Incoming::ConnectionInit(map)) if map["a"] == 1
        ));
        assert!(matches!(read(r#"{"type":"ping","payload":null}"#), Ok(Incoming::Ping(None))));
        assert!(matches!(read(r#"{"type":"ping","payload":{}}"#), Ok(Incoming::Ping(Some(_)))));
        assert!(matches!(read(r#"{"type":"pong","more":[1]}"#), Ok(Incoming::Pong)));
        assert!(
            matches!(read(r#"{"type":"complete","id":"ä"}"#), Ok(Incoming::Complete { id }) if id == "ä")
        );
        let subscribe = r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":null}}"#;
        assert!(matches!(
            read(subscribe),
            Ok(Incoming::Subscribe { id, params: Ok(params) }) if id == "1" && params.query == "{a}"
        ));
        // A payload that exceeds a limit is an error of the operation, not of the connection.
        let deep = r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":{"a":[[[[1]]]]}}}"#;
        assert!(matches!(read(deep), Ok(Incoming::Subscribe { params: Err(_), .. })));
    }

    #[test]
    fn what_is_no_message() {
        for text in [
            "",
            "subscribe",
            "[]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start"}"#,
            r#"{"type":"next","id":"1","payload":{"data":{}}}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"connection_init","payload":"token"}"#,
            r#"{"type":"ping","payload":[]}"#,
            r#"{"type":"ping","payload":[[[[[[[]]]]]]]}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"complete","id":7}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":null}"#,
            r#"{"type":"subscribe","id":"1","payload":"{a}"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","extensions":1}}"#,
            r#"{"type":"subscribe","id":"1","id":"2","payload":{"query":"{a}"}}"#,
        ] {
            let close = read(text).err().unwrap_or_else(|| panic!("{text} is a message"));
            assert_eq!(close.code(), 4400, "{text}");
            assert!(!close.reason().is_empty(), "{text}");
        }
    }

    #[test]
    fn messages_of_ours() {
        let written = |message: &Outgoing<'_>| serde_json::to_value(message).unwrap();
        let response = Response::new(async_graphql::Value::from(1));
        assert_eq!(written(&Outgoing::ConnectionAck), json!({"type": "connection_ack"}));
        assert_eq!(written(&Outgoing::Pong { payload: None }), json!({"type": "pong"}));
        assert_eq!(
            written(&Outgoing::Next { id: "1", payload: Answer::from(&response) }),
            json!({"type": "next", "id": "1", "payload": {"data": 1}})
        );
        let error = ServerError::new("no", None);
        assert_eq!(
            written(&Outgoing::Error { id: "1", payload: &[error] }),
            json!({"type": "error", "id": "1", "payload": [{"message": "no"}]})
        );
    }
}
