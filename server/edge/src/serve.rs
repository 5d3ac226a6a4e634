//! Serving routes on a listener, to many clients of which some mean no good: each connection has a time to begin, each
//! client a number of connections, and where there are too many in all, the one that is silent for longest is closed.

use std::collections::HashMap;
use std::convert::Infallible;
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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::limits::ConnectionLimits;
use super::metrics::{Refused, begin_connections, connection_refused};
use super::turns::{Turn, Turns};

/// Most bytes of the head of a request, which may contain a whole document.
const HEAD_BYTES: usize = 256 << 10;
/// How long to wait when the process has no file left for another connection.
const EXHAUSTED: Duration = Duration::from_secs(1);
/// How long a connection that was open at the stop may take to send its first request.
const LAST_MOMENT: Duration = Duration::from_secs(1);
/// How many connections that make room for others may complete their requests at the same time, and for how long. What
/// is cut off begins again: downloads where they ended.
const LEAVING: usize = 200;
const LEAVES: Duration = Duration::from_secs(60);

/// Answers requests until `stop`, then completes those in progress. A connection that cannot be accepted is given up.
pub async fn serve(listener: TcpListener, router: Router, limits: ConnectionLimits, stop: CancellationToken) {
    begin_connections();
    let door = Door::new(router, limits, stop.clone());
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => door.enter(stream, peer),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted at the moment");
                let _ = stop.run_until_cancelled(sleep(EXHAUSTED)).await;
            }
        }
    }
    if let Err(error) = door.close(listener) {
        tracing::error!(%error, "connections that were just made are not served");
    }
    door.open.close();
    door.open.wait().await;
}

/// Where connections come in.
struct Door {
    router: Router,
    limits: ConnectionLimits,
    of_clients: Kind,
    of_proxies: Kind,
    places: Clients,
    stop: CancellationToken,
    open: TaskTracker,
}

/// How the connections of clients, or those of proxies, are treated.
struct Kind {
    builder: auto::Builder<TokioExecutor>,
    head: Duration,
    per_client: usize,
    in_all: usize,
    turns: Turns,
    leaving: Arc<Semaphore>,
}

impl Kind {
    fn new(head: Duration, per_client: usize, in_all: usize) -> Self {
        Self {
            builder: builder(head),
            head,
            per_client,
            in_all,
            turns: Turns::default(),
            leaving: Arc::new(Semaphore::new(LEAVING)),
        }
    }
}

impl Door {
    fn new(router: Router, limits: ConnectionLimits, stop: CancellationToken) -> Self {
        Self {
            router,
            of_clients: Kind::new(limits.head, limits.per_client, limits.in_all),
            of_proxies: Kind::new(limits.head_of_proxies, usize::MAX, usize::MAX),
            limits,
            places: Clients::default(),
            stop,
            open: TaskTracker::new(),
        }
    }

    /// Serves a connection, if its client has not too many.
    fn enter(&self, stream: TcpStream, peer: SocketAddr) {
        let kind = if self.limits.is_proxy(peer.ip()) { &self.of_proxies } else { &self.of_clients };
        let Some(place) = self.places.place(network(peer.ip()), kind.per_client) else {
            connection_refused(Refused::Client);
            return;
        };
        if kind.turns.len() >= kind.in_all && kind.turns.revoke() {
            connection_refused(Refused::Room);
        }
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection delays small messages");
        }
        let (turn, begun) = (Arc::new(kind.turns.take()), CancellationToken::new());
        let service = asked(self.router.clone(), peer, Arc::new(place), Arc::clone(&turn), begun.clone());
        let connection = kind.builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let (connection, head, stop) = (connection.into_owned(), kind.head, self.stop.clone());
        let leaving = Arc::clone(&kind.leaving);
        self.open.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                // What has arrived counts before what is late.
                biased;
                ended = &mut connection => ended,
                () = begun.cancelled() => {
                    tokio::select! {
                        biased;
                        ended = &mut connection => ended,
                        // After its requests in progress.
                        () = stop.cancelled() => {
                            connection.as_mut().graceful_shutdown();
                            connection.await
                        }
                        () = turn.lost() => {
                            let Ok(_leaving) = leaving.try_acquire() else { return };
                            connection.as_mut().graceful_shutdown();
                            timeout(LEAVES, connection).await.unwrap_or(Ok(()))
                        }
                    }
                }
                // The library's own limit does not begin before it knows the version of HTTP.
                () = sleep(head) => return tracing::debug!("a connection sent no request in time"),
                () = turn.lost() => return tracing::debug!("a silent connection made room for another"),
                () = last_moment(&stop) => return,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }

    /// Stops listening. Those who have connected already are served: they would not know whether their request arrived.
    fn close(&self, listener: TcpListener) -> io::Result<()> {
        let listener = listener.into_std()?;
        loop {
            match listener.accept() {
                Ok((stream, peer)) => {
                    stream.set_nonblocking(true)?;
                    self.enter(TcpStream::from_std(stream)?, peer);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// When a connection that has sent no request is given up after the stop.
async fn last_moment(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(LAST_MOMENT).await;
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
    turn: Arc<Turn>,
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
        turn.renew();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(Arc::clone(&place));
        router.clone().oneshot(request)
    })
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
