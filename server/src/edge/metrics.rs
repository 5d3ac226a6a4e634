//! Requests by operation, for `/metrics`.

use std::time::Instant;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;

use super::errors::Code;

/// One request being answered.
///
/// - `guichet_graphql_requests_total{operation_type, operation, outcome}`: `outcome` is `ok` or the code of
///   the first error;
/// - `guichet_graphql_request_seconds{operation_type, operation}`: a histogram.
///
/// `operation` is the first field at the root as the schema spells it, or `none`; never a name that a client
/// chose, of which there is no end.
pub(super) struct Measured {
    begun: Instant,
    operation: Option<(OperationType, String)>,
}

impl Measured {
    pub fn begin() -> Self {
        Self { begun: Instant::now(), operation: None }
    }

    /// What the request turned out to be: `root` is a field of the schema.
    pub fn operation(&mut self, kind: OperationType, root: String) {
        self.operation = Some((kind, root));
    }

    pub fn end(self, response: &Response) {
        let code = response.errors.first().map(|error| Code::of(error).unwrap_or(Code::Internal));
        let (kind, root) = match self.operation {
            Some((OperationType::Query, root)) => ("query", root),
            Some((OperationType::Mutation, root)) => ("mutation", root),
            Some((OperationType::Subscription, root)) => ("subscription", root),
            None => ("none", "none".to_owned()),
        };
        let outcome = code.map_or("ok", Code::as_str);
        metrics::counter!(
            "guichet_graphql_requests_total",
            "operation_type" => kind, "operation" => root.clone(), "outcome" => outcome
        )
        .increment(1);
        metrics::histogram!("guichet_graphql_request_seconds", "operation_type" => kind, "operation" => root)
            .record(self.begun.elapsed());
    }
}
