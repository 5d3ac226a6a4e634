//! GraphQL over websockets: the subprotocol `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).
//!
//! The service that comes with async-graphql supports one of the protocol's eight close codes. Here, [`open`]
//! turns a request into a socket, `socket` admits the client and runs its operations (`operation`), and `wire`
//! carries the messages (`message`), one at a time: nothing more is computed until the last message was received,
//! so a slow client costs no memory. Each socket is one task.

mod admit;
mod close;
mod message;
mod operation;
mod origin;
mod slots;
mod socket;
mod wire;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::{COOKIE, HeaderValue, ORIGIN, RETRY_AFTER, UPGRADE};
use http::request::Parts;

pub use admit::{Admit, Admitted, Guest};
pub use close::Close;
pub use slots::Sockets;

use super::errors::Code;
use super::execution::Edge;
use super::layers::turned_away;

const SUBPROTOCOL: &str = "graphql-transport-ws";
/// Size of a socket's read buffer: most messages are smaller.
const READ_BUFFER: usize = 2 << 10;
/// Most bytes that wait for the next flush, so that a small answer is one packet.
const WRITE_BUFFER: usize = 4 << 10;

/// Whether a request asks for a websocket, over HTTP/1.1 (RFC 6455, 4.1) or HTTP/2 (RFC 8441).
pub(super) fn is_wanted(parts: &Parts) -> bool {
    let upgrade = parts.headers.get(UPGRADE).map(HeaderValue::as_bytes);
    parts.method == Method::CONNECT || upgrade.is_some_and(|name| name.eq_ignore_ascii_case(b"websocket"))
}

/// Opens a websocket.
pub(super) async fn open<E: Executor, A: Admit>(edge: Arc<Edge<E, A>>, mut parts: Parts) -> Response {
    match parts.headers.get(ORIGIN) {
        Some(origin) if !origin::is_allowed(origin, &parts, &edge.settings) => {
            return turned_away(Code::Forbidden, "Websockets from this origin are not allowed.");
        }
        Some(_) => {}
        // Every browser sends an origin: a cookie without one does not come from a page of ours.
        None => drop(parts.headers.remove(COOKIE)),
    }
    let limits = &edge.settings.sockets;
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let client = edge.attach.client(&parts).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let Some(mut slot) = edge.sockets.slot(limits, client) else {
        let mut answer = turned_away(Code::Unavailable, "There are too many websockets; try again.");
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        return answer;
    };
    slot.connection = parts.extensions.remove();
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(limits.message_bytes)
        .max_frame_size(limits.message_bytes)
        .on_upgrade(move |socket| socket::run(edge, socket, parts, slot))
}
