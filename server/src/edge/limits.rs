//! How much one request may ask for, and one websocket.

use std::time::Duration;

/// What a request may cost. Each limit is checked before validation, so none of them depends on the
/// validator being fast; a request above one is answered with `COST_EXCEEDED` and the limit's name.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the GraphQL document.
    pub document_bytes: u64,
    /// Names, numbers, strings and signs in the document.
    pub tokens: u64,
    /// Brackets of any kind open at once in the document: the parser recurses on each.
    pub brackets: u64,
    /// Fields within fields in the answer.
    pub depth: u64,
    /// Selection sets within selection sets, fragments counted. async-graphql itself refuses more than 32.
    pub nesting: u64,
    /// Fields, fragment spreads and inline fragments once every spread is written out, repetitions
    /// counted, over all operations of the document: validation walks all of them.
    pub selections: u64,
    /// Aliases, counted like `selections`.
    pub aliases: u64,
    /// Directives, counted like `selections`.
    pub directives: u64,
    /// Fields at the root of a mutation, each of which is an act of its own.
    pub acts: u64,
    /// Fields at the root of a query: they are resolved at the same time, each with statements of its own.
    pub roots: u64,
    /// Bytes of all arguments with the variables filled in: one variable used in a hundred places is
    /// copied a hundred times.
    pub input_bytes: u64,
    /// Fields to resolve when every list is as long as its `first`, `last` or `ids` allows.
    pub fields: u64,
    /// `depth`, below `__schema` and `__type`. The query of graphql-js and GraphiQL needs 14.
    pub introspection_depth: u64,
    /// `fields`, below `__schema` and `__type`, with an assumed length for each list of the schema.
    /// The query of graphql-js and GraphiQL needs about half of the default.
    pub introspection_fields: u64,
    /// Objects and lists within each other in the JSON of a request, its own two levels included.
    pub json_depth: u64,
    /// Values in the JSON of a request: each takes far more memory than its text.
    pub json_values: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 64 << 10,
            tokens: 8_000,
            brackets: 50,
            depth: 15,
            nesting: 32,
            selections: 2_000,
            aliases: 200,
            directives: 50,
            acts: 10,
            roots: 30,
            input_bytes: 2 << 20,
            fields: 50_000,
            introspection_depth: 20,
            introspection_fields: 1_000_000,
            json_depth: 40,
            json_values: 10_000,
        }
    }
}

/// What websockets may take.
#[derive(Clone, Debug)]
pub struct SocketLimits {
    /// Open websockets of this process; one more is answered with 503.
    pub sockets: usize,
    /// Open websockets of one session; one more is closed with 1013.
    pub per_session: usize,
    /// Operations that run on one websocket at once; one more is refused with `COST_EXCEEDED`.
    pub operations: usize,
    /// Bytes of a message, all its frames together; a longer one is closed with 1009.
    pub message_bytes: usize,
    /// How long a client may take to send `connection_init`; then 4408.
    pub init: Duration,
    /// How long a client may say nothing before it is sent a `ping`. Proxies often cut what is silent for a
    /// minute.
    pub silence: Duration,
    /// How long a client may say nothing after a `ping`; then 4499.
    pub pong: Duration,
    /// How long a client may take nothing of what it is sent, and one second more for each
    /// [`send_rate`](Self::send_rate) bytes of it; then 4499.
    pub send: Duration,
    /// Bytes a second that the slowest client takes.
    pub send_rate: usize,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            sockets: 15_000,
            per_session: 50,
            operations: 40,
            message_bytes: 128 << 10,
            init: Duration::from_secs(10),
            silence: Duration::from_secs(25),
            pong: Duration::from_secs(15),
            send: Duration::from_secs(10),
            send_rate: 16 << 10,
        }
    }
}
