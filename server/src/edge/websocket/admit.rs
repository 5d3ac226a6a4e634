//! What the edge asks of whoever knows the people: whether to let somebody in, and until when.

use async_graphql::Request;
use futures_util::future::BoxFuture;
use http::request::Parts;
use uuid::Uuid;

use super::close::Close;
use crate::edge::{ApiError, RequestId};

/// Lets people in who open websockets.
pub trait Admit: Send + Sync + 'static {
    /// Whoever was let in.
    type Guest: Guest;

    /// Decides about the request that opened a websocket, with the `authorization` of the client's
    /// `connection_init` among its headers, and without a cookie where no origin was named.
    ///
    /// # Errors
    /// Closes it: `UNAVAILABLE` with 1013, so that the client comes again; a fault of ours with 4500;
    /// anything else with 4403.
    fn admit(&self, parts: &Parts) -> impl Future<Output = Result<Admitted<Self::Guest>, ApiError>> + Send;
}

/// Somebody was let in.
pub struct Admitted<G> {
    /// Who.
    pub guest: G,
    /// What counts as one towards [`SocketLimits::per_session`](crate::edge::SocketLimits::per_session).
    pub session: Uuid,
    /// Resolves when they have to leave, and tells them why.
    pub ended: BoxFuture<'static, Close>,
}

/// Whoever sits at an open websocket.
pub trait Guest: Send + Sync + 'static {
    /// Adds data to an operation, which is called `id` in logs: asked anew for each, as with HTTP, so that
    /// rights are the present ones.
    ///
    /// # Errors
    /// Ends the operation.
    fn attach(
        &self,
        id: &RequestId,
        request: Request,
    ) -> impl Future<Output = Result<Request, ApiError>> + Send;
}
