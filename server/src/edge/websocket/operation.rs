//! The operations that run on a socket.

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Response, ServerError};
use futures_util::FutureExt;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::admit::Guest;
use crate::edge::document::Prepared;
use crate::edge::errors::{Code, is_refused, mask};
use crate::edge::execution::{Edge, panicked, refused};
use crate::edge::layers::RequestId;
use crate::edge::metrics::{Measured, Subscribed};
use crate::edge::params::Params;

/// What an operation gives next. After all but the first it is over; so it is when there is nothing more.
pub(super) enum Step {
    /// An answer, with more to come.
    Next(Response),
    /// The only answer.
    Only(Response),
    /// Why there is no answer, or no further one.
    Refused(Vec<ServerError>),
    /// The service cannot go on with it at the moment: whoever connects again resumes it.
    Unavailable,
}

/// One operation, from the client's `subscribe` until it is over or dropped.
pub(super) struct Operation {
    /// The client's name for it.
    pub id: Arc<str>,
    kind: OperationType,
    steps: BoxStream<'static, Step>,
    /// What it gave while the line was busy; within, none when it was over.
    given: Option<Option<Step>>,
}

impl Operation {
    /// Starts one for a guest.
    pub fn start<E, A, G>(
        edge: &Arc<Edge<E, A>>,
        guest: &Arc<G>,
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
                let answer = async { Err(error) };
                (OperationType::Query, stream::once(single(answer, RequestId::make(), measured)).boxed())
            }
            Ok(prepared) if prepared.kind == OperationType::Subscription => {
                (prepared.kind, subscription(edge, guest, prepared, measured))
            }
            Ok(prepared) => {
                let (kind, request_id) = (prepared.kind, RequestId::make());
                let name = request_id.clone();
                let answer =
                    async move { edge.execute(prepared, |request| guest.attach(&name, request)).await };
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
    answer: impl Future<Output = Result<Response, ServerError>>,
    id: RequestId,
    measured: Measured,
) -> Step {
    let mut response = answer.await.unwrap_or_else(refused);
    mask(&mut response, &id);
    measured.end(&response);
    if is_refused(&response) { Step::Refused(response.errors) } else { Step::Only(response) }
}

fn subscription<E, A, G>(
    edge: Arc<Edge<E, A>>,
    guest: Arc<G>,
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
    // Boxed, for what it takes is given back once the source is open.
    let opened = Box::pin(async move {
        match guest.attach(&name, request).await {
            Ok(request) => executor.execute_stream(request, None),
            Err(error) => stream::once(ready(refused(error.into_server_error()))).boxed(),
        }
    });
    let mut subscribed = Subscribed::begin(measured);
    let steps = AssertUnwindSafe(opened.flatten_stream()).catch_unwind().map(move |response| {
        let mut response = response.unwrap_or_else(|_panic| refused(panicked()));
        edge.types.put_nulls(&mut response, &query, operation_name.as_deref());
        layout.arrange(&mut response.data);
        mask(&mut response, &id);
        // A source that does not open gives one such answer and ends: a request error (GraphQL
        // specification, 6.2.3.2).
        let Some(error) = response.errors.first() else { return Step::Next(response) };
        subscribed.refused(&response);
        // A message that was not filled in would be followed by one with a later cursor: what it should have told
        // would be lost. So it is the last one, and be it the first: whoever resumes was not refused.
        if Code::of(error) == Some(Code::Unavailable) {
            Step::Unavailable
        } else {
            Step::Refused(response.errors)
        }
    });
    steps.boxed()
}

/// All of one socket.
#[derive(Default)]
pub(super) struct Operations {
    running: Vec<Operation>,
    /// Whose turn it is to be looked at first.
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

    /// Ends one at once, if it runs.
    pub fn end(&mut self, id: &str) {
        self.running.retain(|operation| *operation.id != *id);
    }

    /// Ends all that change nothing.
    pub fn keep_mutations(&mut self) {
        self.running.retain(|operation| operation.kind == OperationType::Mutation);
    }

    /// What the next one gives, with its id. Nothing is lost when this is given up.
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

    /// Lets each go on to its next step, and keeps that, for ever. While the line waits for a client that reads
    /// slowly, none must rest where it holds what others wait for: a connection, a lock, a load that many share.
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
