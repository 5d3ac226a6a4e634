//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>).
//!
//! The axum services that come with async-graphql execute mutations sent by GET or as `text/plain`, and return
//! statuses that neither the specification nor the public audits accept; this handler passes those audits. Where
//! the two disagree (400 or 422, statuses for `application/json`), it follows the audits.

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Response as GraphqlResponse, ServerError};
use axum::body::Body;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use super::answered::Measured;
use super::errors::{Code, is_refused, mask, refusal};
use super::execution::{Answer, Edge, Sender, refused};
use super::layers::RequestId;
use super::media::{Media, is_json};
use super::params::Params;
use super::{Attach, EdgeSettings, language};

/// Answers one request.
pub(super) async fn handle<E: Executor, A: Attach>(edge: &Edge<E, A>, parts: &Parts, body: Body) -> Response {
    let id = RequestId::of(&parts.extensions);
    let mut measured = Measured::begin();
    let mut sender = Sender::unknown(language::of(&parts.headers));
    let media = Media::negotiate(&parts.headers);
    let answered = match media {
        Some(_) => edge.run(parts, body, &mut measured, &mut sender).await,
        None => {
            let message = "Accept application/graphql-response+json or application/json.";
            Err(refusal(Code::NotAcceptable, message, Vec::new()))
        }
    };
    let mut response = answered.unwrap_or_else(refused);
    mask(&mut response, &id, sender.locale);
    measured.whose(sender.whose);
    let answered = measured.end(&response);
    answered.of(answer(media.unwrap_or(Media::Json), response))
}

impl<E: Executor, A: Attach> Edge<E, A> {
    /// # Errors
    /// The error that kept the request from being executed.
    async fn run(
        &self,
        parts: &Parts,
        body: Body,
        measured: &mut Measured,
        sender: &mut Sender,
    ) -> Result<GraphqlResponse, ServerError> {
        let prepared = self.prepare(self.params(parts, body).await?, measured)?;
        match prepared.kind {
            OperationType::Mutation if parts.method != Method::POST => {
                Err(refusal(Code::MethodNotAllowed, "Send mutations by POST.", Vec::new()))
            }
            OperationType::Subscription => {
                let message = "Subscriptions are not answered over HTTP: open a websocket.";
                Err(refusal(Code::BadRequest, message, Vec::new()))
            }
            OperationType::Query | OperationType::Mutation => {
                self.execute(prepared, sender, |request| self.attach.attach(parts, request)).await
            }
        }
    }

    async fn params(&self, parts: &Parts, body: Body) -> Result<Params, ServerError> {
        let EdgeSettings { limits, body_limit, timeout, .. } = &self.settings;
        let refused = |code, message: &str| Err(refusal(code, message, Vec::new()));
        match parts.method {
            Method::GET => match Query::try_from_uri(&parts.uri) {
                Ok(Query(pairs)) => Params::from_pairs(pairs, limits),
                Err(_) => refused(Code::BadRequest, "The query of the address cannot be read."),
            },
            Method::POST if !is_json(&parts.headers) => refused(
                Code::UnsupportedMediaType,
                "Send the body as application/json in UTF-8, not compressed.",
            ),
            Method::POST => match tokio::time::timeout(*timeout, read(body, *body_limit)).await {
                Ok(body) => Params::from_json(&body?, limits),
                Err(_elapsed) => {
                    refused(Code::RequestTimeout, "The body did not arrive in time; send it again.")
                }
            },
            _ => refused(Code::MethodNotAllowed, "Use GET or POST."),
        }
    }
}

/// When a body exceeds the limit, the rest is read and discarded for a while: a client that is still writing when
/// the connection closes sees a reset instead of the answer.
async fn read(body: Body, limit: usize) -> Result<Bytes, ServerError> {
    const PATIENCE: usize = 8;
    let mut kept = BytesMut::new();
    let mut length = 0_usize;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Err(refusal(Code::BadRequest, "The body broke off.", Vec::new()));
        };
        length = length.saturating_add(chunk.len());
        if length <= limit {
            kept.extend_from_slice(&chunk);
        } else if length > limit.saturating_mul(PATIENCE) {
            break;
        }
    }
    if length > limit {
        let message = format!("The body is larger than {limit} bytes.");
        return Err(refusal(Code::PayloadTooLarge, message, Vec::new()));
    }
    Ok(kept.freeze())
}

fn answer(media: Media, response: GraphqlResponse) -> Response {
    let GraphqlResponse { errors, http_headers, .. } = &response;
    let code = errors.first().and_then(Code::of);
    let refused = is_refused(&response);
    let status = if refused { refusal_status(media, code) } else { executed_status(media, errors) };
    let Ok(body) = serde_json::to_vec(&Answer::from(&response)) else {
        // Values of async-graphql only have string keys, so this is a bug in the library.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut answer = (status, body).into_response();
    let headers = answer.headers_mut();
    headers.extend(http_headers.clone());
    headers.insert(CONTENT_TYPE, media.content_type());
    // An answer is for one viewer only, and a proxy cannot tell viewers apart.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match code {
        Some(Code::MethodNotAllowed) => headers.insert(ALLOW, HeaderValue::from_static("GET, POST")),
        Some(Code::Unavailable) => headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
        _ => None,
    };
    answer
}

/// With `application/json`, a well-formed request gets 200 even when its GraphQL is wrong.
fn refusal_status(media: Media, code: Option<Code>) -> StatusCode {
    match code.unwrap_or(Code::Internal) {
        code if media == Media::Json && code.is_about_graphql() => StatusCode::OK,
        code => code.status(),
    }
}

/// 294 is the specification's status for partial success, for monitors that do not read bodies.
fn executed_status(media: Media, errors: &[ServerError]) -> StatusCode {
    if media == Media::GraphqlResponse && !errors.is_empty() {
        StatusCode::from_u16(294).unwrap_or_default()
    } else {
        StatusCode::OK
    }
}
