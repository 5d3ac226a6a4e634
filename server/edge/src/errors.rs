//! What clients are told about an error, and what is hidden from them.
//!
//! async-graphql sends the text of whatever error a resolver returned. Here, only the public part of an
//! [`ApiError`] is sent; [`mask`] replaces everything else before the answer is sent.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;

use async_graphql::{
    ErrorExtensionValues, InputType, InputValueError, PathSegment, Pos, Response, ServerError, Value,
};
use guichet_base::error::Fault;
use guichet_base::i18n::{self, Failure};
use guichet_base::locale::Locale;
use http::StatusCode;

use super::inputs::OUT_OF_RANGE;
use super::language::sentence;
use super::layers::RequestId;

/// Longest message of async-graphql that is passed on: it quotes the client's request.
const MESSAGE_CHARS: usize = 300;
/// Most errors in one answer: a thousand fields can fail for the same reason.
const ERRORS: usize = 50;

/// Why a request, or a part of it, failed: `extensions.code` of every error. Errors that a user can correct are in
/// the `userErrors` of the payloads instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request is not a GraphQL-over-HTTP request.
    BadRequest,
    /// There is no session, or it has ended. Sign in.
    Unauthenticated,
    /// The session has no membership: choose one with `membershipSelect`.
    MembershipRequired,
    /// The session has another membership than the one that the request names.
    MembershipChanged,
    /// A browser sent the request from a site that is not allowed.
    Forbidden,
    /// The method is not GET or POST, or a mutation was sent by GET.
    MethodNotAllowed,
    /// The client accepts neither media type of answers.
    NotAcceptable,
    /// The body did not arrive in time. The request may be sent again.
    RequestTimeout,
    /// The body exceeds the size limit.
    PayloadTooLarge,
    /// The body is not `application/json` in UTF-8.
    UnsupportedMediaType,
    /// The document is not valid GraphQL syntax.
    GraphqlParseFailed,
    /// The document does not match the schema, or does not name an operation.
    GraphqlValidationFailed,
    /// The value of a variable or argument does not match its type.
    BadUserInput,
    /// The request exceeds a cost limit.
    CostExceeded,
    /// A service that the server needs does not answer. The same request may succeed later.
    Unavailable,
    /// An error in the server. Sending the request again does not help.
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::Unauthenticated,
        Self::MembershipRequired,
        Self::MembershipChanged,
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
            Self::MembershipRequired => "MEMBERSHIP_REQUIRED",
            Self::MembershipChanged => "MEMBERSHIP_CHANGED",
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

    /// The HTTP status of a request that failed with this code before execution.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::MembershipRequired => StatusCode::FORBIDDEN,
            Self::MembershipChanged => StatusCode::CONFLICT,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            // The 2026 draft asks for 422 in most cases; the public audits still expect 400.
            Self::BadRequest
            | Self::GraphqlParseFailed
            | Self::GraphqlValidationFailed
            | Self::BadUserInput
            | Self::CostExceeded => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the HTTP request was well-formed and only its GraphQL is wrong.
    pub(super) const fn is_about_graphql(self) -> bool {
        matches!(
            self,
            Self::GraphqlParseFailed
                | Self::GraphqlValidationFailed
                | Self::BadUserInput
                | Self::CostExceeded
        )
    }

    /// The code of `error`.
    pub fn of(error: &ServerError) -> Option<Self> {
        let Some(Value::String(text)) = error.extensions.as_ref()?.get("code") else { return None };
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

/// An error of a resolver: a code and a message for the client, and a cause for the log only.
#[derive(Clone, Debug)]
pub struct ApiError {
    code: Code,
    message: Cow<'static, str>,
    about: Option<About>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What is wrong with the arguments of a field.
#[derive(Clone, Debug)]
struct About {
    reason: &'static str,
    argument: Vec<String>,
}

impl ApiError {
    /// An error with a `message` that every client may read.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), about: None, cause: None }
    }

    /// Adds what is wrong, as a code of the contract, and the path to the argument, from its name inwards.
    #[must_use]
    pub fn about(mut self, reason: &'static str, argument: impl Iterator<Item = String>) -> Self {
        self.about = Some(About { reason, argument: argument.collect() });
        self
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::failed(Code::Unauthenticated, Failure::Unauthenticated)
    }

    /// The session has no membership.
    pub fn membership_required() -> Self {
        Self::failed(Code::MembershipRequired, Failure::MembershipRequired)
    }

    /// The session has another membership than the request names.
    pub fn membership_changed() -> Self {
        Self::failed(Code::MembershipChanged, Failure::MembershipChanged)
    }

    /// An internal error. The cause is logged, so it must not contain personal data or secrets.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::failed(Code::Internal, Failure::Internal { request: None }).because(cause)
    }

    /// A service that we need does not answer. The cause is logged.
    pub fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::failed(Code::Unavailable, Failure::Unavailable).because(cause)
    }

    /// In English; [`mask`] translates it.
    fn failed(code: Code, failure: Failure<'_>) -> Self {
        Self::new(code, i18n::failure(Locale::En, failure))
    }

    fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The error for an answer without data.
    pub fn into_server_error(self) -> ServerError {
        let mut error = ServerError::new(self.message.clone(), None);
        let mut told = extensions(self.code);
        if let Some(About { reason, argument }) = &self.about {
            told.set("reason", *reason);
            told.set("argument", argument.clone());
        }
        error.extensions = Some(told);
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

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        if fault.is_retryable() { Self::unavailable(fault) } else { Self::internal(fault) }
    }
}

/// The error of a scalar that cannot parse a value: `message` tells the client what is wrong.
pub fn invalid_input<T: InputType>(message: &str) -> InputValueError<T> {
    InputValueError::custom(message)
        .with_extension("code", Code::BadUserInput.as_str())
        .with_extension("reason", OUT_OF_RANGE)
}

/// An error about the whole request, or about the locations `at` in its document.
pub(super) fn refusal(code: Code, message: impl Into<String>, at: Vec<Pos>) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.locations = at;
    error.extensions = Some(extensions(code));
    error
}

/// A request that exceeds the limit `name`.
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

/// Prepares an answer for the client: every error gets one of our codes, messages not meant for clients are
/// replaced, and hidden causes are logged with the request id. Messages for people are in the language `locale`.
/// Used by every transport.
pub fn mask(response: &mut Response, request: &RequestId, locale: Locale) {
    response.errors.truncate(ERRORS);
    for error in &mut response.errors {
        match (Code::of(error), library_code(error)) {
            (Some(_), _) => {}
            (None, Some(code)) => error.extensions = Some(extensions(code)),
            (None, None) => {
                let ours = ApiError::internal("an error without a code").into_server_error();
                *error = ServerError { locations: std::mem::take(&mut error.locations), ..ours }
                    .with_path(std::mem::take(&mut error.path));
            }
        }
        if error.source.is_none() {
            error.message = plain(&error.message).chars().take(MESSAGE_CHARS).collect();
        }
        if let Some(sentence) = Code::of(error).and_then(|code| sentence(code, locale, request)) {
            error.message = sentence;
        }
        report(error, request);
    }
}

/// A message of async-graphql about an input without the names of the types around it: `Failed to parse "Date": it is no
/// day. (occurred while parsing "Filter")` is `it is no day.`
pub(super) fn plain(message: &str) -> &str {
    let message = message.split(" (occurred while parsing \"").next().unwrap_or(message);
    match message.strip_prefix("Failed to parse \"").and_then(|rest| rest.split_once("\": ")) {
        Some((_, reason)) => reason,
        None => message,
    }
}

/// Whether nothing was executed: a request error (GraphQL specification, 7.1).
pub(super) fn is_refused(response: &Response) -> bool {
    let refusals = response.errors.iter().all(|error| error.path.is_empty());
    response.data == Value::Null && refusals && !response.errors.is_empty()
}

/// The code for an error that async-graphql itself raised about the client's request: its text quotes only the
/// request and the schema.
fn library_code(error: &ServerError) -> Option<Code> {
    if error.source.is_some() {
        return None;
    }
    // Errors of resolvers have a path; errors of parsing and validation have none.
    if error.path.is_empty() {
        return Some(Code::GraphqlValidationFailed);
    }
    let about_input = ["Failed to parse \"", "Expected input type \""];
    about_input.iter().any(|start| error.message.starts_with(start)).then_some(Code::BadUserInput)
}

/// Logs an internal error, and gives the client the request id to ask about it.
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
