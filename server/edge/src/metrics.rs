//! Metrics of requests by operation, of websockets and of connections, for `/metrics`.

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use metrics::{
    Counter, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::errors::Code;
use super::types::Types;
use super::websocket::Close;

const REQUESTS: &str = "guichet_graphql_requests_total";
const DURATION: &str = "guichet_graphql_request_seconds";
const SUBSCRIPTIONS: &str = "guichet_subscriptions";
const WEBSOCKETS: &str = "guichet_websockets";
const MESSAGES: &str = "guichet_websocket_messages_total";
const CLOSES: &str = "guichet_websocket_closes_total";
const REFUSED_CONNECTIONS: &str = "guichet_connections_refused_total";

/// The outcome of a request without errors.
const OK: &str = "ok";
/// The code of a websocket that the client closed, or lost.
const CLIENT: &str = "client";

/// Describes the metrics to the recorder, and begins every counter at 0, so that its first increase is seen as one.
pub(super) fn begin(types: &Types) {
    describe_counter!(REQUESTS, "Requests by their first root field, and by the code of their first error");
    describe_histogram!(DURATION, Unit::Seconds, "Duration of requests, except subscriptions");
    describe_gauge!(SUBSCRIPTIONS, "Running subscriptions, by their first root field");
    describe_gauge!(WEBSOCKETS, "Open websockets");
    describe_counter!(MESSAGES, "Messages handed to the network for websockets");
    describe_counter!(
        CLOSES,
        "Closed websockets by our code, or `client` when the client closed or was lost"
    );
    for kind in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
        for root in types.roots(kind) {
            for outcome in outcomes(kind) {
                requests(self::kind(kind), root.to_owned(), outcome).increment(0);
            }
            if kind == OperationType::Subscription {
                subscriptions(root, 0.0);
            }
        }
    }
    // Requests that name no operation of the schema.
    for code in Code::ALL {
        requests("none", "none".to_owned(), code.as_str()).increment(0);
    }
    websockets(0.0);
    messages_sent(0);
    for code in Close::CODES {
        counter!(CLOSES, "code" => code.to_string()).increment(0);
    }
    counter!(CLOSES, "code" => CLIENT).increment(0);
}

/// The same for connections, which also exist where no GraphQL is served.
pub(super) fn begin_connections() {
    describe_counter!(
        REFUSED_CONNECTIONS,
        "Connections closed because their client has too many (client), or to make room for others (room)"
    );
    for reason in [Refused::Client, Refused::Room] {
        refused(reason).increment(0);
    }
}

/// How a request can end that names an operation of the schema. What is refused before that counts under `none`.
fn outcomes(kind: OperationType) -> impl Iterator<Item = &'static str> {
    let refused = match kind {
        OperationType::Query => None,
        OperationType::Mutation => Some(Code::MethodNotAllowed),
        OperationType::Subscription => Some(Code::BadRequest),
    };
    let codes = [
        Code::Unauthenticated,
        Code::MembershipRequired,
        Code::MembershipChanged,
        Code::GraphqlValidationFailed,
        Code::BadUserInput,
        Code::CostExceeded,
        Code::Unavailable,
        Code::Internal,
    ];
    [OK].into_iter().chain(codes.into_iter().chain(refused).map(Code::as_str))
}

/// The kind of operation as a label.
pub(super) const fn kind(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

/// Counts a request: `operation` is the first root field as in the schema, or `none`; never a name chosen by a client,
/// because those are unlimited.
pub(super) fn count(kind: &'static str, operation: String, code: Option<&'static str>) {
    requests(kind, operation, code.unwrap_or(OK)).increment(1);
}

fn requests(kind: &'static str, operation: String, outcome: &'static str) -> Counter {
    counter!(REQUESTS, "operation_type" => kind, "operation" => operation, "outcome" => outcome)
}

/// Records the duration of a request.
pub(super) fn took(kind: &'static str, operation: String, time: Duration) {
    histogram!(DURATION, "operation_type" => kind, "operation" => operation).record(time);
}

/// Counts running subscriptions.
pub(super) fn subscriptions(operation: &str, more: f64) {
    gauge!(SUBSCRIPTIONS, "operation" => operation.to_owned()).increment(more);
}

/// Counts open websockets.
pub(super) fn websockets(more: f64) {
    gauge!(WEBSOCKETS).increment(more);
}

/// Counts messages handed to the network.
pub(super) fn messages_sent(count: usize) {
    counter!(MESSAGES).increment(count as u64);
}

/// Counts a closed websocket: by our code, or none when the client closed or was lost.
pub(super) fn websocket_closed(code: Option<u16>) {
    let code = code.map_or_else(|| CLIENT.to_owned(), |code| code.to_string());
    counter!(CLOSES, "code" => code).increment(1);
}

/// Why a connection was closed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refused {
    /// Its client has too many.
    Client,
    /// All clients together have too many, and it was silent for longest.
    Room,
}

/// Counts a connection that was closed for the sake of others.
pub(super) fn connection_refused(reason: Refused) {
    refused(reason).increment(1);
}

fn refused(reason: Refused) -> Counter {
    let reason = match reason {
        Refused::Client => "client",
        Refused::Room => "room",
    };
    counter!(REFUSED_CONNECTIONS, "reason" => reason)
}
