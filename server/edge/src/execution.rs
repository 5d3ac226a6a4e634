//! From a prepared request to a masked answer, for every transport.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::{Executor, Request, Response, ServerError, Value};
use futures_util::FutureExt;
use guichet_base::locale::Locale;
use serde::Serialize;

use super::answered::{Measured, Whose};
use super::document::{Prepared, prepare};
use super::errors::{ApiError, is_refused};
use super::params::Params;
use super::types::Types;
use super::websocket::Sockets;
use super::{Attached, EdgeSettings};

/// What the handlers need.
pub(super) struct Edge<E, A> {
    pub executor: E,
    pub attach: A,
    pub types: Arc<Types>,
    pub settings: EdgeSettings,
    pub sockets: Sockets,
}

impl<E: Executor, A> Edge<E, A> {
    /// Parses a request and measures its cost.
    ///
    /// # Errors
    /// As [`prepare`].
    pub fn prepare(&self, params: Params, measured: &mut Measured) -> Result<Prepared, ServerError> {
        let EdgeSettings { introspection, scalars, limits, .. } = &self.settings;
        prepare(params, &self.types, *introspection, scalars, limits, |kind, root, name| {
            measured.name(name);
            if self.types.has_root(kind, root) {
                measured.operation(kind, root.to_owned());
            }
        })
    }

    /// Executes a query or mutation after `attach` has added session and loaders. Sets `sender` as soon as that is known.
    ///
    /// # Errors
    /// The error that kept the request from being executed.
    pub async fn execute<F>(
        &self,
        prepared: Prepared,
        sender: &mut Sender,
        attach: impl FnOnce(Request) -> F,
    ) -> Result<Response, ServerError>
    where
        F: Future<Output = Result<Attached, ApiError>>,
    {
        let Prepared { layout, request, .. } = prepared;
        let executed = async {
            let (query, operation_name) = (request.query.clone(), request.operation_name.clone());
            let attached = attach(request).await.map_err(ApiError::into_server_error)?;
            *sender = Sender { locale: attached.locale, whose: attached.whose };
            let mut response = self.executor.execute(attached.request).await;
            self.types.put_nulls(&mut response, &query, operation_name.as_deref());
            layout.arrange(&mut response.data);
            Ok(response)
        };
        let executed = Box::pin(AssertUnwindSafe(executed).catch_unwind());
        match tokio::time::timeout(self.settings.timeout, executed).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => Err(panicked()),
            Err(_elapsed) => Err(ApiError::unavailable("the request took too long").into_server_error()),
        }
    }
}

/// Who sent a request, as far as that is known.
pub(super) struct Sender {
    /// The language of error messages.
    pub locale: Locale,
    /// Whose request it is.
    pub whose: Whose,
}

impl Sender {
    /// Nobody is known yet; `locale` is the language of the browser.
    pub fn unknown(locale: Locale) -> Self {
        Self { locale, whose: Whose::default() }
    }
}

/// The error that replaces an answer when a resolver panicked.
pub(super) fn panicked() -> ServerError {
    ApiError::internal("a resolver panicked").into_server_error()
}

/// An answer with a single error and no data.
pub(super) fn refused(error: ServerError) -> Response {
    Response::from_errors(vec![error])
}

/// The response as the specification requires: `data` is absent when nothing was executed.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl<'a> From<&'a Response> for Answer<'a> {
    fn from(response: &'a Response) -> Self {
        let Response { data, extensions, errors, .. } = response;
        Self { errors, data: (!is_refused(response)).then_some(data), extensions }
    }
}
