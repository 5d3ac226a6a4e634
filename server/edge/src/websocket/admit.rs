//! The interface to the application: whether to admit a client, and until when.

use std::net::IpAddr;

use async_graphql::Request;
use futures_util::future::BoxFuture;
use guichet_base::locale::Locale;
use http::request::Parts;
use uuid::Uuid;

use super::close::Close;
use crate::{ApiError, Attached, RequestId, Whose};

/// Decides who may open a websocket.
pub trait Admit: Send + Sync + 'static {
    /// The admitted client.
    type Guest: Guest;

    /// The address of the client, which a trusted proxy may have told.
    fn client(&self, parts: &Parts) -> Option<IpAddr>;

    /// Decides about the request that opened a websocket. Its headers include the `authorization` and the
    /// `guichet-membership` of `connection_init`, and no cookie when the browser named no origin.
    ///
    /// # Errors
    /// Closes the websocket: with 1013 for `UNAVAILABLE`, so that the client connects again; with 4500 for an
    /// internal error; with 4403 otherwise.
    fn admit(&self, parts: &Parts) -> impl Future<Output = Result<Admitted<Self::Guest>, ApiError>> + Send;
}

/// An admitted client.
pub struct Admitted<G> {
    /// The client.
    pub guest: G,
    /// The language of error messages until [`Guest::attach`] returns a newer one.
    pub locale: Locale,
    /// Whose websocket it is, for the log.
    pub whose: Whose,
    /// The session that counts towards [`SocketLimits::per_session`](crate::SocketLimits::per_session).
    pub session: Uuid,
    /// Resolves with the reason when the client must be disconnected.
    pub ended: BoxFuture<'static, Close>,
}

/// The client of an open websocket.
pub trait Guest: Send + Sync + 'static {
    /// Adds data to an operation, called `id` in logs. It runs anew for each operation, as over HTTP, so that
    /// current rights apply.
    ///
    /// # Errors
    /// The error that ends the operation.
    fn attach(
        &self,
        id: &RequestId,
        request: Request,
    ) -> impl Future<Output = Result<Attached, ApiError>> + Send;
}
