//! Limits for one request and for websockets.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

/// Cost limits of a request. Each is checked before validation, so none depends on the validator being fast. A
/// request that exceeds one is refused with `COST_EXCEEDED` and the name of the limit.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the GraphQL document.
    pub document_bytes: u64,
    /// Names, numbers, strings and signs in the document.
    pub tokens: u64,
    /// Open brackets of any kind at once in the document: the parser recurses on each.
    pub brackets: u64,
    /// Nesting of fields in the answer.
    pub depth: u64,
    /// Nesting of selection sets, including fragments. async-graphql itself refuses more than 32.
    pub nesting: u64,
    /// Fields, fragment spreads and inline fragments with every spread expanded, repetitions counted, over all
    /// operations of the document: validation walks all of them.
    pub selections: u64,
    /// Aliases, counted like `selections`.
    pub aliases: u64,
    /// Directives, counted like `selections`.
    pub directives: u64,
    /// Root fields of a mutation, each of which is a separate action.
    pub acts: u64,
    /// Root fields of a query: they are resolved concurrently, each with its own statements.
    pub roots: u64,
    /// Bytes of all arguments with the variables inserted: one variable used in a hundred places is copied a
    /// hundred times.
    pub input_bytes: u64,
    /// Fields to resolve when every list is as long as its `first`, `last` or `ids` allows.
    pub fields: u64,
    /// Like `depth`, below `__schema` and `__type`. The query of graphql-js and GraphiQL needs 14.
    pub introspection_depth: u64,
    /// Like `fields`, below `__schema` and `__type`, with an assumed length for each list of the schema. The query
    /// of graphql-js and GraphiQL needs about half of the default.
    pub introspection_fields: u64,
    /// Nesting of objects and lists in the JSON of a request, including its own two levels.
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

/// Limits of connections, whatever is asked on them.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Connections of one client at once, websockets included: of an IPv4 address, or of an IPv6 network of 64 bits. A
    /// further one is closed at once.
    pub per_client: usize,
    /// Connections of all clients at once, without websockets; for a further one, the one that has begun no request for
    /// longest is closed, after its requests in progress if they end soon.
    pub in_all: usize,
    /// How long a client may take to send the head of a request, and to begin the next one.
    pub head: Duration,
    /// The same for proxies: longer than they keep idle connections themselves.
    pub head_of_proxies: Duration,
    /// The networks of trusted proxies, whose connections are those of many clients and are not counted.
    pub proxies: Vec<IpNet>,
}

impl ConnectionLimits {
    /// Whether the connections of this address are those of many clients.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.proxies.iter().any(|network| network.contains(&address))
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            per_client: 2_000,
            in_all: 4_000,
            head: Duration::from_secs(30),
            head_of_proxies: Duration::from_secs(120),
            proxies: Vec::new(),
        }
    }
}

/// Limits of websockets.
#[derive(Clone, Debug)]
pub struct SocketLimits {
    /// Open websockets of this process; a further one takes the place of one that has said nothing yet, or gets 503.
    pub sockets: usize,
    /// Open websockets of one client, known by its address also behind a trusted proxy; a further one gets 503.
    pub per_client: usize,
    /// Open websockets of one client that is not admitted yet; a further one gets 503.
    pub waiting_per_client: usize,
    /// Open websockets of all clients that are not admitted yet; for a further one, the one that has said nothing for
    /// longest is closed with 1013; if all have, it gets 503.
    pub waiting: usize,
    /// Open websockets of one session; a further one is closed with 1013.
    pub per_session: usize,
    /// Concurrent operations on one websocket; a further one is refused with `COST_EXCEEDED`.
    pub operations: usize,
    /// Bytes of a message, over all its frames; a longer one closes the websocket with 1009.
    pub message_bytes: usize,
    /// How long a client may take to send `connection_init`; then 4408.
    pub init: Duration,
    /// How long a client may be silent before it is sent a `ping`. Many proxies close connections that are silent
    /// for a minute.
    pub silence: Duration,
    /// How long a client may take to answer a `ping`; then 4499.
    pub pong: Duration,
    /// How long a client may take to receive what it is sent, plus one second for each
    /// [`send_rate`](Self::send_rate) bytes; then 4499.
    pub send: Duration,
    /// The receive rate of the slowest supported client, in bytes per second.
    pub send_rate: usize,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            sockets: 15_000,
            per_client: 2_000,
            waiting_per_client: 200,
            waiting: 3_000,
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
