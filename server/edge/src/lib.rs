//! The edge: GraphQL over HTTP and websockets. Independent of the business.
//!
//! `layers` wraps everything → `http` reads the request (`media`, `params`) → `document` parses it and refuses
//! what costs too much (`scan`, `cost`, `limits`) or has wrong values (`inputs`) → [`Attach`] adds session and loaders → `Schema::execute` →
//! `types` inserts nulls, `layout` orders the fields, `errors` masks → `http` answers. `websocket` admits clients
//! through [`Admit`] and runs each operation through the same steps (`execution`).

mod answered;
mod cost;
mod document;
mod errors;
mod escapes;
mod execution;
mod graphiql;
mod hosts;
mod http;
mod inputs;
mod language;
mod layers;
mod layout;
mod limits;
mod media;
mod metrics;
mod params;
mod scan;
mod serve;
mod turns;
mod types;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderName;
use ::http::request::Parts;
use async_graphql::{Executor, ObjectType, Request, Schema, SubscriptionType};
use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use axum::routing::any;
use guichet_base::locale::Locale;

pub use answered::{Answered, Whose};
pub use document::{Prepared, prepare};
pub use errors::{ApiError, Code, invalid_input, mask, too_much};
pub use graphiql::Graphiql;
pub use hosts::{Hosts, hosted};
pub use inputs::Scalars;
pub use language::wanted as wanted_language;
pub use layers::{Origin, RequestId, layered};
pub use layout::Layout;
pub use limits::{ConnectionLimits, Limits, SocketLimits};
pub use params::Params;
pub use serve::serve;
pub use types::{MESSAGE_LENGTH, Types};
pub use websocket::{Admit, Admitted, Close, Guest, Sockets};

use execution::Edge;

/// The header with which a request names the membership that it is for, by its id. A page that several tabs share a
/// session with names it, so that no act runs under the membership that another tab has selected meanwhile.
pub const MEMBERSHIP: HeaderName = HeaderName::from_static("guichet-membership");

/// Settings of the edge.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// GraphiQL at `/graphiql`; `None` disables it.
    pub graphiql: Option<Graphiql>,
    /// Whether clients may introspect the schema.
    pub introspection: bool,
    /// The scalars whose values are checked before execution.
    pub scalars: Scalars,
    /// Cost limits of a request.
    pub limits: Limits,
    /// Limits of websockets.
    pub sockets: SocketLimits,
    /// Size limit of a body, in bytes.
    pub body_limit: usize,
    /// How long a body may take to arrive, and then a request to be executed.
    pub timeout: Duration,
    /// Other sites whose pages may use the API with the viewer's cookie.
    pub allowed_origins: Vec<Origin>,
    /// Whether the server is reached by https only: cookies are `Secure`, and HSTS is sent.
    pub secure_cookies: bool,
}

impl Default for EdgeSettings {
    fn default() -> Self {
        Self {
            graphiql: None,
            introspection: true,
            scalars: Scalars::default(),
            limits: Limits::default(),
            sockets: SocketLimits::default(),
            body_limit: 1 << 20,
            timeout: Duration::from_secs(30),
            allowed_origins: Vec::new(),
            secure_cookies: true,
        }
    }
}

/// A request with session and loaders.
#[derive(Debug)]
pub struct Attached {
    /// The request.
    pub request: Request,
    /// The language of error messages for the caller.
    pub locale: Locale,
    /// Whose request it is, for the log.
    pub whose: Whose,
}

/// Adds to a request what resolvers need: the session of its cookie or token, loaders, a clock.
pub trait Attach: Send + Sync + 'static {
    /// Adds data to `request`, according to the headers in `parts`.
    ///
    /// # Errors
    /// Ends the request: `UNAVAILABLE` when the session cannot be read (the client retries), `UNAUTHENTICATED`
    /// when a token is not valid. An invalid cookie is not an error, because it would prevent signing in again.
    fn attach(
        &self,
        parts: &Parts,
        request: Request,
    ) -> impl Future<Output = Result<Attached, ApiError>> + Send;
}

/// What executes requests: a schema, or a wrapper around one.
pub trait Served: Executor {
    /// The types of the schema.
    fn types(&self) -> Arc<Types>;
}

impl<Q, M, S> Served for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn types(&self) -> Arc<Types> {
        Types::of(self)
    }
}

/// The routes `/graphql` and, if enabled, `/graphiql`; to be [`layered`] together with the other routes.
///
/// Build the schema with `disable_suggestions()`: searching for similar names is the only step of validation that
/// stays slow within the limits, and suggestions reveal names when introspection is off.
pub fn router(
    served: impl Served,
    settings: &EdgeSettings,
    attach: impl Attach + Admit,
    sockets: &Sockets,
) -> Router {
    let (types, settings, sockets) = (served.types(), settings.clone(), sockets.clone());
    metrics::begin(&types);
    let edge = Edge { executor: served, attach, types, settings, sockets };
    let graphiql = edge.settings.graphiql.as_ref().map(graphiql::routes);
    let graphql = Router::new().route("/graphql", any(handle)).with_state(Arc::new(edge));
    match graphiql {
        Some(graphiql) => graphql.merge(graphiql),
        None => graphql,
    }
}

async fn handle<E: Executor, A: Attach + Admit>(
    State(edge): State<Arc<Edge<E, A>>>,
    request: HttpRequest,
) -> Response {
    let (parts, body) = request.into_parts();
    if websocket::is_wanted(&parts) {
        websocket::open(edge, parts).await
    } else {
        http::handle(&edge, &parts, body).await
    }
}
