//! What applies to every answer of the server: request ids, security headers, allowed origins, compression.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY,
    RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use serde_json::json;
use tower::util::option_layer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::cors::CorsLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;

use super::answered::Answered;
use super::errors::Code;
use super::{EdgeSettings, MEMBERSHIP};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The routes that supervisors ask every few seconds.
const PROBES: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// A site whose pages may use the API with the viewer's cookie: scheme, host and port as in an `Origin` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// It as the value of an `Origin` header.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// Whether a browser's `Origin` header is this site.
    pub(super) fn is(&self, header: &HeaderValue) -> bool {
        self.0 == *header
    }
}

impl FromStr for Origin {
    type Err = String;

    /// # Errors
    /// Describes in one sentence what is wrong with `text`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let _: CsrfLayer = CsrfLayer::new().add_trusted_origin(text).map_err(|error| error.to_string())?;
        HeaderValue::from_str(text).map(Self).map_err(|error| error.to_string())
    }
}

/// The id of one request in logs and error messages.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text: at most 64 letters, digits, dots, dashes and underscores.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that [`layered`] assigned to the request, or a new one.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(Self::make)
    }

    pub(super) fn make() -> Self {
        Self(guichet_base::id::new_uuid().to_string().into())
    }

    /// Accepts the id that a proxy assigned, unless it could forge log lines.
    fn sane(header: Option<&HeaderValue>) -> Option<Self> {
        let text = header?.to_str().ok()?;
        let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        (matches!(text.len(), 1..=64) && text.bytes().all(sane)).then(|| Self(text.into()))
    }
}

/// Wraps all routes of the server in the layers.
pub fn layered(router: Router, settings: &EdgeSettings) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let transport = settings.secure_cookies.then(|| header(STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    router
        .layer(forged_requests(settings))
        .layer(from_fn_with_state(downgraded_pages(settings), refuse_downgraded))
        .layer(option_layer(foreign_pages(settings)))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"))
        // Not `no-referrer`: browsers then send `Origin: null` for forms of our own pages.
        .layer(header(REFERRER_POLICY, "same-origin"))
        .layer(option_layer(transport))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(may_be_pressed)))
        .layer(from_fn(identified))
}

/// Answers that can be requested in ranges are not compressed, because ranges count the original bytes.
fn may_be_pressed(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(ACCEPT_RANGES)
}

/// Refuses a request that changes something when a browser sends it from a page that is neither ours nor allowed.
/// GraphQL accepts only JSON, for which browsers send a preflight request; this is a second line of defense.
fn forged_requests(
    settings: &EdgeSettings,
) -> CsrfLayer<impl FnMut(ProtectionError) -> Response + Clone + Send + Sync + 'static> {
    let trusted = settings.allowed_origins.iter().filter_map(|origin| origin.0.to_str().ok());
    trusted
        .fold(CsrfLayer::new(), |layer, origin| {
            layer.add_trusted_origin(origin).expect("an Origin is made by the same check")
        })
        .with_rejection_response(|_| {
            turned_away(Code::Forbidden, "Requests from this origin are not allowed.")
        })
}

/// When the server is reached by https only: the origins that are allowed though they are not.
fn downgraded_pages(settings: &EdgeSettings) -> Option<Arc<[Origin]>> {
    settings.secure_cookies.then(|| settings.allowed_origins.clone().into())
}

/// Refuses to let a page that came over http act at a server that is reached by https only: anybody on the way can
/// write such a page under the name of the server.
async fn refuse_downgraded(
    State(allowed): State<Option<Arc<[Origin]>>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(ORIGIN).filter(|_| !request.method().is_safe());
    let is_plain = origin.is_some_and(|origin| origin.as_bytes().starts_with(b"http://"));
    match allowed {
        Some(allowed)
            if is_plain && !allowed.iter().any(|allowed| origin.is_some_and(|origin| allowed.is(origin))) =>
        {
            turned_away(Code::Forbidden, "Requests from this origin are not allowed.")
        }
        _ => next.run(request).await,
    }
}

/// The answer to a request that is refused before it is read.
pub(super) fn turned_away(code: Code, message: &str) -> Response {
    let body = json!({"errors": [{"message": message, "extensions": {"code": code.as_str()}}]});
    let answered = Answered { code: Some(code.as_str()), ..Answered::default() };
    answered.of((code.status(), Json(body)).into_response())
}

/// CORS: pages of the allowed origins may use the API, with cookies, and read the headers they need.
fn foreign_pages(settings: &EdgeSettings) -> Option<CorsLayer> {
    const REMEMBERED: Duration = Duration::from_secs(3600);
    let origins: Vec<_> = settings.allowed_origins.iter().map(|origin| origin.0.clone()).collect();
    let layer = || {
        CorsLayer::new()
            .allow_origin(origins.clone())
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST, Method::PUT])
            .allow_headers([CONTENT_TYPE, AUTHORIZATION, X_REQUEST_ID, MEMBERSHIP])
            .expose_headers([X_REQUEST_ID, RETRY_AFTER])
            .max_age(REMEMBERED)
    };
    (!origins.is_empty()).then(layer)
}

/// Assigns an id to the request, for its answer and for all its log lines.
async fn identified(mut request: Request, next: Next) -> Response {
    let id = RequestId::sane(request.headers().get(X_REQUEST_ID)).unwrap_or_else(RequestId::make);
    // The route, not the path, because links contain secrets.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let span = tracing::info_span!("request", request_id = id.as_str(), method = %request.method(), route);
    request.extensions_mut().insert(id.clone());
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    let (status, answered) = (response.status().as_u16(), response.extensions_mut().remove::<Answered>());
    span.in_scope(|| answered.unwrap_or_default().log_http(status, begun, PROBES.contains(&route)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_request_id_cannot_forge_a_log() {
        let taken =
            |text: &str| RequestId::sane(HeaderValue::from_bytes(text.as_bytes()).ok().as_ref()).is_some();
        assert!(taken("01J-abc_9.z"));
        assert!(taken(&"a".repeat(64)));
        for refused in ["", "a b", "a\tb", "a;b", "ä", &"a".repeat(65)] {
            assert!(!taken(refused), "{refused}");
        }
    }

    #[test]
    fn an_origin_is_what_browsers_send() {
        for right in ["https://app.example", "http://localhost:3000"] {
            assert!(right.parse::<Origin>().is_ok(), "{right}");
        }
        for wrong in [
            "app.example",
            "https://app.example/",
            "https://app.example/x",
            "*",
            "null",
            "",
            "https://ä.example",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
