//! Requests to the edge, and their answers.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use guichet_edge::{EdgeSettings, Scalars, Sockets, layered, router};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::sample::{Acts, Even, FromHeader, schema};

pub const GRAPHQL: &str = "application/graphql-response+json";
pub const JSON: &str = "application/json";

/// The server, and the number of times its mutation ran.
pub struct Client {
    app: Router,
    pub acts: Acts,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

pub fn settings() -> EdgeSettings {
    EdgeSettings {
        secure_cookies: false,
        scalars: Scalars::default().with::<Even>(),
        ..EdgeSettings::default()
    }
}

/// Settings with short time limits, for operations that never end.
pub fn impatient() -> EdgeSettings {
    EdgeSettings { timeout: Duration::from_millis(20), ..settings() }
}

impl Client {
    pub fn new() -> Self {
        Self::with(&settings())
    }

    pub fn with(settings: &EdgeSettings) -> Self {
        let acts = Acts::default();
        let sockets = Sockets::new(CancellationToken::new());
        let routes = router(schema(&acts), settings, FromHeader(acts.clone()), &sockets);
        Self { app: layered(routes, settings), acts }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// A POST of JSON by a client that follows the specification.
    pub async fn post(&self, body: Value) -> Answer {
        self.send(post(body.to_string(), &[(CONTENT_TYPE, JSON), (ACCEPT, GRAPHQL)])).await
    }

    pub async fn query(&self, query: &str) -> Answer {
        self.post(json!({ "query": query })).await
    }

    pub async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).header(ACCEPT, GRAPHQL).body(Body::empty()).unwrap()).await
    }
}

pub fn post(body: impl Into<Body>, headers: &[(HeaderName, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(Method::POST).uri("/graphql");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(body.into()).unwrap()
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub fn data(&self) -> Value {
        let json = self.json();
        assert_eq!(json.get("errors"), None);
        json["data"].clone()
    }

    /// The code of the first error.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The limit that the first error names.
    pub fn limit(&self) -> String {
        self.json()["errors"][0]["extensions"]["limit"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
