//! Metrics of requests by operation, and of websockets, for `/metrics`.

use std::time::Instant;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;

use super::errors::Code;

/// One request in progress.
///
/// - `guichet_graphql_requests_total{operation_type, operation, outcome}`: `outcome` is `ok` or the code of
///   the first error;
/// - `guichet_graphql_request_seconds{operation_type, operation}`: a histogram.
///
/// `operation` is the first root field as in the schema, or `none`; never a name chosen by a client, because those
/// are unlimited.
pub(super) struct Measured {
    begun: Instant,
    operation: Option<(OperationType, String)>,
}

impl Measured {
    pub fn begin() -> Self {
        Self { begun: Instant::now(), operation: None }
    }

    /// Sets the operation: `root` is a field of the schema.
    pub fn operation(&mut self, kind: OperationType, root: String) {
        self.operation = Some((kind, root));
    }

    pub fn end(self, response: &Response) {
        let (kind, root) = match self.operation {
            Some((OperationType::Query, root)) => ("query", root),
            Some((OperationType::Mutation, root)) => ("mutation", root),
            Some((OperationType::Subscription, root)) => ("subscription", root),
            None => ("none", "none".to_owned()),
        };
        count(kind, root.clone(), outcome(response));
        metrics::histogram!("guichet_graphql_request_seconds", "operation_type" => kind, "operation" => root)
            .record(self.begun.elapsed());
    }
}

/// A running subscription, until this is dropped.
///
/// - `guichet_subscriptions{operation}`: a gauge;
/// - `guichet_graphql_requests_total`: counted at its end, without a duration.
pub(super) struct Subscribed {
    operation: String,
    outcome: &'static str,
}

impl Subscribed {
    pub fn begin(measured: Measured) -> Self {
        let operation = measured.operation.map_or_else(|| "none".to_owned(), |(_, root)| root);
        metrics::gauge!("guichet_subscriptions", "operation" => operation.clone()).increment(1);
        Self { operation, outcome: "ok" }
    }

    /// The subscription ended before its first message.
    pub fn refused(&mut self, response: &Response) {
        self.outcome = outcome(response);
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        let operation = std::mem::take(&mut self.operation);
        metrics::gauge!("guichet_subscriptions", "operation" => operation.clone()).decrement(1);
        count("subscription", operation, self.outcome);
    }
}

/// `ok`, or the code of the first error.
fn outcome(response: &Response) -> &'static str {
    let code = response.errors.first().map(|error| Code::of(error).unwrap_or(Code::Internal));
    code.map_or("ok", Code::as_str)
}

fn count(kind: &'static str, operation: String, outcome: &'static str) {
    metrics::counter!(
        "guichet_graphql_requests_total",
        "operation_type" => kind, "operation" => operation, "outcome" => outcome
    )
    .increment(1);
}

/// `guichet_websockets`: a gauge of open websockets.
pub(super) fn websockets(more: f64) {
    metrics::gauge!("guichet_websockets").increment(more);
}

/// `guichet_websocket_messages_total`: messages handed to the network.
pub(super) fn messages_sent(count: usize) {
    metrics::counter!("guichet_websocket_messages_total").increment(count as u64);
}

/// `guichet_websocket_closes_total{code}`: our code, or `client` when the client closed or was lost.
pub(super) fn websocket_closed(code: Option<u16>) {
    let code = code.map_or_else(|| "client".to_owned(), |code| code.to_string());
    metrics::counter!("guichet_websocket_closes_total", "code" => code).increment(1);
}

/// Counts a connection that was closed because its client has too many: `guichet_connections_refused_total`.
pub(super) fn connection_refused() {
    metrics::counter!("guichet_connections_refused_total").increment(1);
}
