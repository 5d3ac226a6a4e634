//! The operations running on a socket.

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Response, ServerError};
use futures_util::FutureExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use guichet_base::locale::Locale;

use super::admit::Guest;
use crate::Attached;
use crate::answered::{Measured, Subscribed};
use crate::document::Prepared;
use crate::errors::{Code, is_refused, mask};
use crate::execution::{Edge, Sender, panicked, refused};
use crate::layers::RequestId;
use crate::params::Params;

/// The next result of an operation. After anything but `Next` the operation is over, and also when there is no
/// result.
pub(super) enum Step {
    /// An answer that more may follow.
    Next(Response),
    /// The only answer.
    Only(Response),
    /// The errors that prevent an answer, or any further one.
    Refused(Vec<ServerError>),
    /// The service cannot continue now: the client resumes after connecting again.
    Unavailable,
}

/// One operation, from the client's `subscribe` until it ends or is dropped.
pub(super) struct Operation {
    /// The client's id for it.
    pub id: Arc<str>,
    kind: OperationType,
    steps: BoxStream<'static, Step>,
    /// A result that waits until the connection is free; the inner none means the end of the operation.
    given: Option<Option<Step>>,
}

impl Operation {
    /// Starts an operation of an admitted client.
    pub fn start<E, A, G>(
        edge: &Arc<Edge<E, A>>,
        guest: &Arc<G>,
        locale: Locale,
        id: String,
        params: Result<Params, ServerError>,
    ) -> Self
    where
        E: Executor,
        A: Send + Sync + 'static,
        G: Guest,
    {
        let mut measured = Measured::begin();
        let prepared = params.and_then(|params| edge.prepare(params, &mut measured));
        let (edge, guest) = (Arc::clone(edge), Arc::clone(guest));
        let (kind, steps) = match prepared {
            Err(error) => {
                let answer = async move { (Err(error), Sender::unknown(locale)) };
                (OperationType::Query, stream::once(single(answer, RequestId::make(), measured)).boxed())
            }
            Ok(prepared) if prepared.kind == OperationType::Subscription => {
                (prepared.kind, subscription(edge, guest, locale, prepared, measured))
            }
            Ok(prepared) => {
                let (kind, request_id) = (prepared.kind, RequestId::make());
                let name = request_id.clone();
                let answer = async move {
                    let attach = |request| guest.attach(&name, request);
                    let mut sender = Sender::unknown(locale);
                    (edge.execute(prepared, &mut sender, attach).await, sender)
                };
                (kind, stream::once(single(answer, request_id, measured)).boxed())
            }
        };
        Self { id: id.into(), kind, steps, given: None }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        match self.given.take() {
            Some(step) => Poll::Ready(step),
            None => self.steps.poll_next_unpin(cx),
        }
    }
}

async fn single(
    answer: impl Future<Output = (Result<Response, ServerError>, Sender)>,
    id: RequestId,
    mut measured: Measured,
) -> Step {
    let (answer, sender) = answer.await;
    let mut response = answer.unwrap_or_else(refused);
    mask(&mut response, &id, sender.locale);
    measured.whose(sender.whose);
    measured.end_and_log(&response, &id);
    if is_refused(&response) { Step::Refused(response.errors) } else { Step::Only(response) }
}

fn subscription<E, A, G>(
    edge: Arc<Edge<E, A>>,
    guest: Arc<G>,
    before: Locale,
    prepared: Prepared,
    measured: Measured,
) -> BoxStream<'static, Step>
where
    E: Executor,
    A: Send + Sync + 'static,
    G: Guest,
{
    let Prepared { layout, request, .. } = prepared;
    let (query, operation_name) = (request.query.clone(), request.operation_name.clone());
    let (id, executor) = (RequestId::make(), edge.executor.clone());
    let name = id.clone();
    let mut subscribed = Subscribed::begin(measured, id.clone());
    let whose = subscribed.whose();
    // Boxed, so that its memory is released once the source stream is open.
    let opened = Box::pin(async move {
        match guest.attach(&name, request).await {
            Ok(Attached { request, locale, whose: known }) => {
                let _ = whose.set(known);
                executor.execute_stream(request, None).map(move |response| (response, locale)).boxed()
            }
            Err(error) => stream::once(ready((refused(error.into_server_error()), before))).boxed(),
        }
    });
    let steps = AssertUnwindSafe(opened.flatten_stream()).catch_unwind().map(move |answer| {
        let (mut response, locale) = answer.unwrap_or_else(|_panic| (refused(panicked()), before));
        edge.types.put_nulls(&mut response, &query, operation_name.as_deref());
        layout.arrange(&mut response.data);
        mask(&mut response, &id, locale);
        // A source stream that cannot be opened yields one such answer and ends: a request error (GraphQL
        // specification, 6.2.3.2).
        let Some(error) = response.errors.first() else { return Step::Next(response) };
        subscribed.refused(&response);
        // After a message that could not be resolved, the next one would carry a later cursor, and the content of
        // the failed one would be lost. So the stream ends here, even at the first message, and the client
        // resumes.
        if Code::of(error) == Some(Code::Unavailable) {
            Step::Unavailable
        } else {
            Step::Refused(response.errors)
        }
    });
    steps.boxed()
}

/// All operations of one socket.
#[derive(Default)]
pub(super) struct Operations {
    running: Vec<Operation>,
    /// The index of the operation to poll first.
    turn: usize,
}

impl Operations {
    pub fn len(&self) -> usize {
        self.running.len()
    }

    pub fn has(&self, id: &str) -> bool {
        self.running.iter().any(|operation| *operation.id == *id)
    }

    pub fn add(&mut self, operation: Operation) {
        self.running.push(operation);
    }

    /// Ends an operation at once, if it is running.
    pub fn end(&mut self, id: &str) {
        self.running.retain(|operation| *operation.id != *id);
    }

    /// Ends all operations except mutations.
    pub fn keep_mutations(&mut self) {
        self.running.retain(|operation| operation.kind == OperationType::Mutation);
    }

    /// The next result of any operation, with its id. Safe to cancel: nothing is lost.
    pub async fn step(&mut self) -> (Arc<str>, Option<Step>) {
        poll_fn(|cx| {
            for offset in 0..self.running.len() {
                let place = (self.turn + offset) % self.running.len();
                if let Poll::Ready(step) = self.running[place].poll_step(cx) {
                    self.turn = place + 1;
                    return Poll::Ready((Arc::clone(&self.running[place].id), step));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Lets every operation run to its next result, which is kept; never returns. While the connection waits for a
    /// slow client, no operation may be suspended while it holds something that others wait for: a connection, a
    /// lock, a shared load.
    pub async fn go_on(&mut self) -> Infallible {
        poll_fn(|cx| {
            for operation in self.running.iter_mut().filter(|operation| operation.given.is_none()) {
                if let Poll::Ready(step) = operation.steps.poll_next_unpin(cx) {
                    operation.given = Some(step);
                }
            }
            Poll::Pending
        })
        .await
    }
}
