//! Serving routes on a listener, to many clients of which some mean no good: each connection has a time to begin, each
//! client a number of connections.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::limits::ConnectionLimits;
use super::metrics::{begin_connections, connection_refused};

/// Most bytes of the head of a request, which may contain a whole document.
const HEAD_BYTES: usize = 256 << 10;
/// How long to wait when the process has no file left for another connection.
const EXHAUSTED: Duration = Duration::from_secs(1);

/// Answers requests until `stop`, then completes those in progress.
///
/// # Errors
/// Never: a connection that cannot be accepted is given up.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
) -> io::Result<()> {
    begin_connections();
    let clients = Clients::default();
    let (graceful, builder) = (GracefulShutdown::new(), builder(limits.head));
    let of_proxies = self::builder(limits.head_of_proxies);
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted at the moment");
                let _ = stop.run_until_cancelled(sleep(EXHAUSTED)).await;
                continue;
            }
        };
        let is_proxy = limits.is_proxy(peer.ip());
        let (builder, head, most) = match is_proxy {
            true => (&of_proxies, limits.head_of_proxies, usize::MAX),
            false => (&builder, limits.head, limits.per_client),
        };
        let Some(place) = clients.place(network(peer.ip()), most) else {
            connection_refused();
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection delays small messages");
        }
        let begun = CancellationToken::new();
        let service = asked(router.clone(), peer, Arc::new(place), begun.clone());
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                }
                () = silent(&begun, head) => tracing::debug!("a connection sent no request in time"),
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

/// HTTP/1 and HTTP/2, with this time for the head of each request.
fn builder(head: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(HEAD_BYTES);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(head).enable_connect_protocol();
    builder
}

/// Answers the requests of a connection. The connection's place goes along with each request, so that a websocket keeps
/// it.
fn asked(
    router: Router,
    peer: SocketAddr,
    place: Arc<Place>,
    begun: CancellationToken,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = Response,
    Error = Infallible,
    Future: Send + 'static,
> + Send
+ Clone {
    service_fn(move |request: hyper::Request<Incoming>| {
        begun.cancel();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(Arc::clone(&place));
        router.clone().oneshot(request)
    })
}

/// Completes when the connection has sent no request in time. The library's own limit does not begin before it knows
/// the version of HTTP.
async fn silent(begun: &CancellationToken, head: Duration) {
    if timeout(head, begun.cancelled()).await.is_ok() {
        pending().await
    }
}

/// Errors that say nothing about the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Whom an address belongs to: providers give each customer an IPv6 network of at least 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

/// How many places each client has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clients(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// The place of one connection, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    clients: Clients,
    client: IpAddr,
}

impl Clients {
    /// A place, if the client has fewer than `most`.
    pub fn place(&self, client: IpAddr, most: usize) -> Option<Place> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = clients.get(&client).copied().unwrap_or_default();
        if taken >= most {
            return None;
        }
        clients.insert(client, taken + 1);
        Some(Place { clients: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = clients.get_mut(&self.client) {
            *taken -= 1;
            if *taken == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_a_network() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("203.0.113.7"), "203.0.113.7");
        assert_eq!(of("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn places_are_given_back() {
        let (clients, [one, other]) = (Clients::default(), [1, 2].map(|end| IpAddr::from([192, 0, 2, end])));
        let first = clients.place(one, 2).unwrap();
        let _second = clients.place(one, 2).unwrap();
        assert!(clients.place(one, 2).is_none());
        let third = clients.place(other, 2).unwrap();
        drop(first);
        assert!(clients.place(one, 2).is_some());
        drop(third);
        assert_eq!(clients.0.lock().unwrap().len(), 1);
    }
}
