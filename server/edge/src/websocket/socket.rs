//! An open websocket, from the handshake to the close.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::ws::WebSocket;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep_until, timeout};

use super::admit::{Admit, Admitted};
use super::close::Close;
use super::message::{Incoming, Outgoing};
use super::operation::{Operation, Operations, Step};
use super::slots::Slot;
use super::wire::{End, Wire};
use crate::answered::{Measured, Whose};
use crate::errors::{ApiError, mask, too_much};
use crate::execution::{Answer, Edge, refused};
use crate::layers::RequestId;
use crate::metrics::websocket_closed;
use crate::{MEMBERSHIP, language};

/// Serves a socket until it is closed.
pub(super) async fn run<E: Executor, A: Admit>(
    edge: Arc<Edge<E, A>>,
    socket: WebSocket,
    parts: Parts,
    mut slot: Slot,
) {
    let id = RequestId::of(&parts.extensions);
    let opened = Instant::now();
    let mut wire = Wire::new(socket, &edge.settings);
    let mut whose = Whose::default();
    let Err(end) = talk(&edge, &mut wire, parts, &mut slot, &mut whose).await;
    let code = match &end {
        End::Ours(close) => Some(close.code()),
        End::Theirs => None,
    };
    websocket_closed(code);
    let seconds = opened.elapsed().as_secs();
    let Whose { account, firm } = whose;
    tracing::info!(request_id = id.as_str(), account, firm, code, seconds, "a websocket is closed");
    wire.close(&end).await;
}

async fn talk<E: Executor, A: Admit>(
    edge: &Arc<Edge<E, A>>,
    wire: &mut Wire<'_>,
    parts: Parts,
    slot: &mut Slot,
    whose: &mut Whose,
) -> Result<Infallible, End> {
    if !wire.is_understood() {
        return Err(Close::subprotocol().into());
    }
    // Boxed, so that its memory is released before the long part begins.
    let admitted = Box::pin(greet(edge, wire, parts, slot)).await?;
    *whose = admitted.whose.clone();
    slot.belongs_to(admitted.session, edge.settings.sockets.per_session)?;
    wire.say(&[Outgoing::ConnectionAck]).await?;
    serve(edge, wire, admitted).await
}

/// Waits for `connection_init`, and decides whether the client is admitted.
async fn greet<E, A: Admit>(
    edge: &Edge<E, A>,
    wire: &mut Wire<'_>,
    mut parts: Parts,
    slot: &mut Slot,
) -> Result<Admitted<A::Guest>, End> {
    let mut stopping = pin!(edge.sockets.stop().cancelled());
    let late = Instant::now() + edge.settings.sockets.init;
    let mut is_late = pin!(sleep_until(late));
    let payload = loop {
        let heard = tokio::select! {
            biased;
            () = &mut stopping => return Err(Close::going_away().into()),
            // Before the timer: a message that came in time counts, even if this task was scheduled late.
            heard = wire.hear() => heard?,
            () = &mut is_late => return Err(Close::init_timeout().into()),
            () = slot.made_room() => return Err(Close::again_later("There are too many websockets").into()),
        };
        match heard {
            Incoming::ConnectionInit(payload) => break payload,
            _ if Instant::now() >= late => return Err(Close::init_timeout().into()),
            other => before_ack(wire, other).await?,
        }
    };
    slot.has_spoken();
    authorize(&mut parts, &payload)?;
    let mut admission = pin!(timeout(edge.settings.timeout, edge.attach.admit(&parts)));
    let admitted = loop {
        let heard = tokio::select! {
            biased;
            () = &mut stopping => return Err(Close::going_away().into()),
            heard = wire.hear() => heard?,
            admitted = &mut admission => break admitted,
        };
        match heard {
            Incoming::ConnectionInit(_) => return Err(Close::too_many_inits().into()),
            other => before_ack(wire, other).await?,
        }
    };
    let admitted = admitted.unwrap_or_else(|_| Err(ApiError::unavailable("the session took too long")));
    admitted.map_err(|error| {
        let close = Close::from(&error);
        // Logged by `mask`.
        let locale = language::of(&parts.headers);
        mask(&mut refused(error.into_server_error()), &RequestId::of(&parts.extensions), locale);
        close.into()
    })
}

/// Handles the messages allowed before the connection is acknowledged.
async fn before_ack(wire: &mut Wire<'_>, heard: Incoming) -> Result<(), End> {
    match heard {
        Incoming::Subscribe { .. } => Err(Close::unauthorized().into()),
        Incoming::Ping(payload) => wire.say(&[Outgoing::Pong { payload }]).await,
        Incoming::ConnectionInit(_) | Incoming::Pong | Incoming::Complete { .. } => Ok(()),
    }
}

/// Moves what a `connection_init` says about its sender to the headers, where HTTP has it. Clients may spell the names
/// in any case.
fn authorize(parts: &mut Parts, payload: &Map<String, Value>) -> Result<(), Close> {
    for header in [AUTHORIZATION, MEMBERSHIP] {
        let given = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case(header.as_str()));
        if let Some((_, value)) = given.filter(|(_, value)| !value.is_null()) {
            let value = value.as_str().and_then(|text| HeaderValue::from_str(text).ok());
            let value =
                value.ok_or_else(|| Close::forbidden("A header in `connection_init` cannot be read"))?;
            parts.headers.insert(header, value);
        }
    }
    Ok(())
}

/// Runs the operations of an admitted client.
async fn serve<E: Executor, A: Admit>(
    edge: &Arc<Edge<E, A>>,
    wire: &mut Wire<'_>,
    admitted: Admitted<A::Guest>,
) -> Result<Infallible, End> {
    let Admitted { guest, locale, mut ended, .. } = admitted;
    let guest = Arc::new(guest);
    let limit = edge.settings.sockets.operations;
    let mut operations = Operations::default();
    let mut stopping = pin!(edge.sockets.stop().cancelled());
    let mut is_stopping = false;
    let mut look = pin!(sleep_until(wire.next_look()));
    loop {
        tokio::select! {
            biased;
            close = &mut ended => return Err(close.into()),
            () = &mut stopping, if !is_stopping => {
                is_stopping = true;
                operations.keep_mutations();
            }
            // Before the timer, as above.
            heard = wire.hear() => match heard? {
                Incoming::ConnectionInit(_) => return Err(Close::too_many_inits().into()),
                Incoming::Ping(payload) => {
                    let pong = [Outgoing::Pong { payload }];
                    said(wire.say(&pong), &mut operations, &mut ended).await?;
                }
                Incoming::Pong => look.as_mut().reset(wire.next_look()),
                Incoming::Complete { id } => operations.end(&id),
                // The client will connect again and repeat the operation.
                Incoming::Subscribe { .. } if is_stopping => {}
                Incoming::Subscribe { id, .. } if operations.has(&id) => {
                    return Err(Close::exists_already(&id).into());
                }
                Incoming::Subscribe { id, .. } if operations.len() >= limit => {
                    let response = refused(too_much("operations", limit as u64));
                    Measured::begin().end_and_log(&response, &RequestId::make());
                    let error = [Outgoing::Error { id: &id, payload: &response.errors }];
                    said(wire.say(&error), &mut operations, &mut ended).await?;
                }
                Incoming::Subscribe { id, params } => {
                    operations.add(Operation::start(edge, &guest, locale, id, params));
                }
            },
            () = &mut look => {
                said(wire.look_after(), &mut operations, &mut ended).await?;
                look.as_mut().reset(wire.next_look());
            }
            (id, step) = operations.step() => {
                if !matches!(step, Some(Step::Next(_))) {
                    operations.end(&id);
                }
                said(tell(wire, &id, step), &mut operations, &mut ended).await?;
            }
        }
        if is_stopping && operations.len() == 0 {
            return Err(Close::going_away().into());
        }
    }
}

/// Waits for the next message, as long as the client is admitted; operations continue meanwhile.
async fn said(
    saying: impl Future<Output = Result<(), End>>,
    operations: &mut Operations,
    ended: &mut (impl Future<Output = Close> + Unpin),
) -> Result<(), End> {
    tokio::select! {
        biased;
        close = ended => Err(close.into()),
        said = saying => said,
        never = operations.go_on() => match never {},
    }
}

/// Sends a result of an operation.
async fn tell(wire: &mut Wire<'_>, id: &str, step: Option<Step>) -> Result<(), End> {
    let next = |response| Outgoing::Next { id, payload: Answer::from(response) };
    match &step {
        Some(Step::Next(response)) => wire.say(&[next(response)]).await,
        Some(Step::Only(response)) => wire.say(&[next(response), Outgoing::Complete { id }]).await,
        Some(Step::Refused(errors)) => wire.say(&[Outgoing::Error { id, payload: errors }]).await,
        Some(Step::Unavailable) => Err(Close::again_later("Something cannot be told at the moment").into()),
        None => wire.say(&[Outgoing::Complete { id }]).await,
    }
}
