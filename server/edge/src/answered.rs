//! What is told of a request when it is answered: in its line in the log, and in the metrics.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use axum::response::Response as HttpResponse;
use guichet_base::foreign;

use super::errors::Code;
use super::layers::RequestId;
use super::metrics;

/// Longest name of an operation in the log, in characters.
const NAME: usize = 64;

/// Whose request it is, for the log: ids, or nothing while that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    /// The account.
    pub account: Option<String>,
    /// The firm of the membership.
    pub firm: Option<String>,
}

/// What the line `answered` says about a request beside its status and duration. A handler puts it into the
/// extensions of its response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The kind of operation, as in metrics.
    pub operation_type: Option<&'static str>,
    /// What was asked for: a name of ours, never one that a client chose.
    pub operation: Option<String>,
    /// The name of the operation in the client's document.
    pub name: Option<String>,
    /// The thing that it is about, by its id.
    pub subject: Option<String>,
    /// Whose request it is.
    pub whose: Whose,
    /// The code of the first error.
    pub code: Option<&'static str>,
}

impl Answered {
    /// Puts it into a response, for the log.
    #[must_use]
    pub fn of(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }

    /// Logs the answer to a request over HTTP, within its span. What asks every few seconds whether the process is well
    /// is not worth a line.
    pub(super) fn log_http(self, status: u16, begun: Instant, is_probe: bool) {
        let Self { operation_type, operation, name, subject, whose: Whose { account, firm }, code } = self;
        let micros = micros(begun);
        if is_probe {
            tracing::debug!(status, micros, "answered");
        } else {
            tracing::info!(
                operation_type,
                operation,
                name,
                subject,
                account,
                firm,
                status,
                code,
                micros,
                "answered"
            );
        }
    }

    /// Logs the answer to an operation of a websocket.
    fn log_operation(self, id: &RequestId, begun: Instant) {
        let Self { operation_type, operation, name, subject, whose: Whose { account, firm }, code } = self;
        tracing::info!(
            request_id = id.as_str(),
            transport = "websocket",
            operation_type,
            operation,
            name,
            subject,
            account,
            firm,
            code,
            micros = micros(begun),
            "answered"
        );
    }
}

/// An operation in progress.
pub(super) struct Measured {
    begun: Instant,
    operation: Option<(OperationType, String)>,
    name: Option<String>,
    whose: Whose,
}

impl Measured {
    pub fn begin() -> Self {
        Self { begun: Instant::now(), operation: None, name: None, whose: Whose::default() }
    }

    /// Sets the operation: `root` is a field of the schema.
    pub fn operation(&mut self, kind: OperationType, root: String) {
        self.operation = Some((kind, root));
    }

    /// Sets the name that the client gave it.
    pub fn name(&mut self, name: Option<&str>) {
        self.name = name.map(|name| foreign::one_line(name, NAME));
    }

    /// Sets whose it is.
    pub fn whose(&mut self, whose: Whose) {
        self.whose = whose;
    }

    /// Counts the answer; returns what is to be logged of it.
    pub fn end(self, response: &Response) -> Answered {
        let begun = self.begun;
        let answered = self.answered(outcome(response));
        let (kind, root) = labels(&answered);
        metrics::count(kind, root.clone(), answered.code);
        metrics::took(kind, root, begun.elapsed());
        answered
    }

    /// Counts and logs the answer to an operation of a websocket.
    pub fn end_and_log(self, response: &Response, id: &RequestId) {
        let begun = self.begun;
        self.end(response).log_operation(id, begun);
    }

    fn answered(self, code: Option<&'static str>) -> Answered {
        let (kind, operation) = self.operation.unzip();
        let operation_type = kind.map(metrics::kind);
        Answered { operation_type, operation, name: self.name, subject: None, whose: self.whose, code }
    }
}

/// A running subscription. When it is dropped, it is counted and logged.
pub(super) struct Subscribed {
    id: RequestId,
    measured: Option<Measured>,
    operation: String,
    whose: Arc<OnceLock<Whose>>,
    code: Option<&'static str>,
}

impl Subscribed {
    pub fn begin(measured: Measured, id: RequestId) -> Self {
        let operation = measured.operation.as_ref().map_or_else(none, |(_, root)| root.clone());
        metrics::subscriptions(&operation, 1.0);
        Self { id, measured: Some(measured), operation, whose: Arc::default(), code: None }
    }

    /// Where to write whose it is.
    pub fn whose(&self) -> Arc<OnceLock<Whose>> {
        Arc::clone(&self.whose)
    }

    /// The subscription ends with this answer.
    pub fn refused(&mut self, response: &Response) {
        self.code = outcome(response);
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        metrics::subscriptions(&self.operation, -1.0);
        metrics::count(metrics::kind(OperationType::Subscription), self.operation.clone(), self.code);
        if let Some(mut measured) = self.measured.take() {
            measured.whose(self.whose.get().cloned().unwrap_or_default());
            let begun = measured.begun;
            measured.answered(self.code).log_operation(&self.id, begun);
        }
    }
}

/// The code of the first error.
fn outcome(response: &Response) -> Option<&'static str> {
    let code = response.errors.first().map(|error| Code::of(error).unwrap_or(Code::Internal));
    code.map(Code::as_str)
}

fn labels(answered: &Answered) -> (&'static str, String) {
    (answered.operation_type.unwrap_or("none"), answered.operation.clone().unwrap_or_else(none))
}

fn none() -> String {
    "none".to_owned()
}

fn micros(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX)
}
