//! What a client hears of an error, and what it does not.
//!
//! async-graphql sends the text of whatever a resolver returned. Here only an [`ApiError`] speaks, and only
//! its public half; [`mask`] replaces the rest before an answer leaves the house.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;

use async_graphql::{
    ErrorExtensionValues, InputType, InputValueError, PathSegment, Pos, Response, ServerError, Value,
};
use guichet_base::error::Fault;
use guichet_storage::StorageError;
use http::StatusCode;

use super::layers::RequestId;

/// Longest message of async-graphql that is passed on: it quotes what the client sent.
const MESSAGE_CHARS: usize = 300;
/// Most errors in one answer: a thousand fields can fail for one reason.
const ERRORS: usize = 50;

/// Why a request, or a part of it, was not answered: `extensions.code` of every error. Refusals that a user
/// can do something about are not here but in the payloads' `userErrors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Not a GraphQL-over-HTTP request.
    BadRequest,
    /// No session, or one that ended: sign in.
    Unauthenticated,
    /// A browser sent it from a site that is not allowed to.
    Forbidden,
    /// Another method than GET and POST, or a mutation by GET.
    MethodNotAllowed,
    /// The client accepts none of the two media types of answers.
    NotAcceptable,
    /// The body did not arrive in time: may be sent again.
    RequestTimeout,
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// The body is not `application/json` in UTF-8.
    UnsupportedMediaType,
    /// The document is not GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema, or names no operation.
    GraphqlValidationFailed,
    /// A variable or argument has a value that its type does not take.
    BadUserInput,
    /// More than one request may ask for.
    CostExceeded,
    /// A part of the house does not answer: the same request may succeed when sent again.
    Unavailable,
    /// A fault of ours: sending it again does not help.
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 14] = [
        Self::BadRequest,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::BadUserInput,
        Self::CostExceeded,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The spelling in `extensions.code`, metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::CostExceeded => "COST_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The HTTP status of a request that ended with this before anything was executed.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            // The draft of 2026 wants 422 for all but the first two; the public audits still want 400.
            Self::BadRequest
            | Self::GraphqlParseFailed
            | Self::GraphqlValidationFailed
            | Self::BadUserInput
            | Self::CostExceeded => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the request was well-formed HTTP and it is its GraphQL that is wrong.
    pub(super) const fn is_about_graphql(self) -> bool {
        matches!(
            self,
            Self::GraphqlParseFailed
                | Self::GraphqlValidationFailed
                | Self::BadUserInput
                | Self::CostExceeded
        )
    }

    /// The code that `error` carries.
    pub fn of(error: &ServerError) -> Option<Self> {
        let Some(Value::String(text)) = error.extensions.as_ref()?.get("code") else { return None };
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

/// The error of resolvers: a code and a sentence for the client, and a cause for the log alone.
#[derive(Clone, Debug)]
pub struct ApiError {
    code: Code,
    message: Cow<'static, str>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl ApiError {
    /// An error whose `message` every client may read.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), cause: None }
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "Sign in first.")
    }

    /// A fault of ours. The cause goes to the log: it names no contents, addresses or secrets.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "Internal error.").because(cause)
    }

    /// Something we need does not answer. The cause goes to the log.
    pub fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Code::Unavailable, "The service is not available at the moment; try again.").because(cause)
    }

    fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// Why.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The error as an answer without data carries it.
    pub fn into_server_error(self) -> ServerError {
        let mut error = ServerError::new(self.message.clone(), None);
        error.extensions = Some(extensions(self.code));
        error.source = Some(Arc::new(self));
        error
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        let ServerError { message, source, extensions, .. } = error.into_server_error();
        Self { message, source, extensions }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        Self::unavailable(error)
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        if fault.is_retryable() { Self::unavailable(fault) } else { Self::internal(fault) }
    }
}

/// The error of a scalar that cannot read a value: `message` tells the client what is wrong with it.
pub fn invalid_input<T: InputType>(message: &str) -> InputValueError<T> {
    InputValueError::custom(message).with_extension("code", Code::BadUserInput.as_str())
}

/// An error about the request as a whole, or about the places `at` in its document.
pub(super) fn refusal(code: Code, message: impl Into<String>, at: Vec<Pos>) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.locations = at;
    error.extensions = Some(extensions(code));
    error
}

/// A request above the limit called `name`.
pub fn too_much(name: &'static str, limit: u64) -> ServerError {
    let message = format!("The request asks for too much: its `{name}` are limited to {limit}.");
    let mut error = refusal(Code::CostExceeded, message, Vec::new());
    if let Some(extensions) = &mut error.extensions {
        extensions.set("limit", name);
    }
    error
}

fn extensions(code: Code) -> ErrorExtensionValues {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    if matches!(code, Code::Unavailable | Code::RequestTimeout) {
        extensions.set("retryable", true);
    }
    extensions
}

/// Makes an answer fit to leave the house: every error carries a code of ours, none a text that was not
/// meant for clients, and what was hidden is logged under the request's id. For every edge alike.
pub fn mask(response: &mut Response, request: &RequestId) {
    response.errors.truncate(ERRORS);
    for error in &mut response.errors {
        match (Code::of(error), library_code(error)) {
            (Some(_), _) => {}
            (None, Some(code)) => {
                error.message = error.message.chars().take(MESSAGE_CHARS).collect();
                error.extensions = Some(extensions(code));
            }
            (None, None) => {
                let ours = ApiError::internal("an error without a code").into_server_error();
                *error = ServerError { locations: std::mem::take(&mut error.locations), ..ours }
                    .with_path(std::mem::take(&mut error.path));
            }
        }
        report(error, request);
    }
}

/// Whether nothing was executed: a request error of the GraphQL specification, 7.1.
pub(super) fn is_refused(response: &Response) -> bool {
    let refusals = response.errors.iter().all(|error| error.path.is_empty());
    response.data == Value::Null && refusals && !response.errors.is_empty()
}

/// The code for an error that async-graphql itself made of what the client sent: its text quotes only the
/// request and the schema.
fn library_code(error: &ServerError) -> Option<Code> {
    if error.source.is_some() {
        return None;
    }
    // Resolvers' errors have a path; those of parsing and validation have none.
    if error.path.is_empty() {
        return Some(Code::GraphqlValidationFailed);
    }
    let about_input = ["Failed to parse \"", "Expected input type \""];
    about_input.iter().any(|start| error.message.starts_with(start)).then_some(Code::BadUserInput)
}

/// Logs a fault of ours, and gives the client the request's id to ask about it.
fn report(error: &mut ServerError, request: &RequestId) {
    let Some(code @ (Code::Internal | Code::Unavailable)) = Code::of(error) else { return };
    let cause = error.source::<ApiError>().and_then(|error| error.cause.clone());
    tracing::error!(
        request_id = request.as_str(),
        code = code.as_str(),
        path = %path(&error.path),
        cause = cause.map(tracing::field::display),
        "a field failed",
    );
    if let Some(extensions) = &mut error.extensions {
        extensions.set("requestId", request.as_str());
    }
}

fn path(segments: &[PathSegment]) -> String {
    let names = segments.iter().map(|segment| match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    });
    names.collect::<Vec<_>>().join(".")
}
