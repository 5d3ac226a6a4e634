//! Connections that say nothing, or too little, or are too many: they end, and others are served.

use std::net::SocketAddr;
use std::time::Duration;

use guichet_edge::{ConnectionLimits, Sockets, layered, router, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::client::settings;
use crate::sample::{Acts, FromHeader, schema};

/// How long anything may take before a test fails.
const DEADLINE: Duration = Duration::from_secs(30);
const REQUEST: &[u8] = b"GET /graphql?query={hello} HTTP/1.1\r\nhost: localhost\r\n\r\n";

struct Place {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl Place {
    async fn new(limits: ConnectionLimits) -> Self {
        let (acts, stop, settings) = (Acts::default(), CancellationToken::new(), settings());
        let routes = router(schema(&acts), &settings, FromHeader(acts), &Sockets::new(stop.clone()));
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
        let serving = serve(listener, layered(routes, &settings), limits, stop.clone());
        let served = tokio::spawn(serving);
        Self { address, stop, served }
    }

    /// Connects from an address of this machine.
    async fn connect(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn ended(self) {
        self.stop.cancel();
        timeout(DEADLINE, self.served).await.unwrap().unwrap();
    }
}

/// Everything that arrives until the server closes the connection.
async fn rest(mut line: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = timeout(DEADLINE, line.read_to_end(&mut bytes)).await.expect("the server closes it");
    bytes
}

/// The status of one more request on a connection that stays open.
async fn status(line: &mut TcpStream) -> String {
    line.write_all(REQUEST).await.unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut byte = [0];
        timeout(DEADLINE, line.read_exact(&mut byte)).await.unwrap().unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length =
        head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let mut body = vec![0; length.unwrap()];
    timeout(DEADLINE, line.read_exact(&mut body)).await.unwrap().unwrap();
    head.split(' ').nth(1).unwrap().to_owned()
}

const LOCAL: [u8; 4] = [127, 0, 0, 1];
const OTHER: [u8; 4] = [127, 0, 0, 2];

/// Whoever sends no request, or a part of one, or nothing after one, is disconnected.
#[tokio::test]
async fn silence_ends() {
    let head = Duration::from_millis(50);
    let place = Place::new(ConnectionLimits { head, ..ConnectionLimits::default() }).await;
    for begun in [
        &b""[..],
        b"P",
        b"PRI * HTTP/2",
        b"GET /graphql HTTP/1.1\r\nhost: loc",
        &REQUEST[..REQUEST.len() - 2],
    ] {
        let mut line = place.connect(LOCAL).await;
        line.write_all(begun).await.unwrap();
        assert!(!rest(line).await.starts_with(b"HTTP/1.1 200"), "{begun:?}");
    }
    let mut line = place.connect(LOCAL).await;
    assert_eq!(status(&mut line).await, "200");
    rest(line).await;
    place.ended().await;
}

/// One client has so many connections, others have their own; who is served goes on.
#[tokio::test]
async fn each_client_has_its_own() {
    let place = Place::new(ConnectionLimits { per_client: 2, ..ConnectionLimits::default() }).await;
    let (mut first, second) = (place.connect(LOCAL).await, place.connect(LOCAL).await);
    assert_eq!(status(&mut first).await, "200");
    assert_eq!(rest(place.connect(LOCAL).await).await, b"", "the third is closed");
    let mut other = place.connect(OTHER).await;
    assert_eq!(status(&mut other).await, "200");
    assert_eq!(status(&mut first).await, "200");
    drop(second);
    // The place is free as soon as the server has seen the end.
    let again = async {
        loop {
            let mut line = place.connect(LOCAL).await;
            if line.write_all(REQUEST).await.is_ok() && line.read_u8().await.is_ok() {
                return;
            }
        }
    };
    timeout(DEADLINE, again).await.unwrap();
    drop((first, other));
    place.ended().await;
}

/// Where all clients together have too many connections, the one that is silent for longest is closed: of those that
/// have sent nothing, and of those that have sent no further request. Newcomers are served.
#[tokio::test]
async fn the_longest_silence_makes_room() {
    for begins in [false, true] {
        let place = Place::new(ConnectionLimits { in_all: 3, ..ConnectionLimits::default() }).await;
        let mut lines = Vec::new();
        for end in 2..5 {
            let mut line = place.connect([127, 0, 0, end]).await;
            if begins {
                assert_eq!(status(&mut line).await, "200");
            }
            lines.push(line);
        }
        let mut first = lines.remove(0);
        // A sign of life: now the second is silent for longest.
        assert_eq!(status(&mut first).await, "200");
        let mut newcomer = place.connect(LOCAL).await;
        assert_eq!(status(&mut newcomer).await, "200");
        assert_eq!(rest(lines.remove(0)).await, b"", "the second is closed");
        for line in [&mut first, &mut lines[0], &mut newcomer] {
            assert_eq!(status(line).await, "200");
        }
        drop((first, lines, newcomer));
        place.ended().await;
    }
}

/// Whoever has connected before the stop is still answered, accepted or not; later nobody is accepted.
#[tokio::test]
async fn who_has_connected_is_served() {
    let place = Place::new(ConnectionLimits::default()).await;
    let mut lines = Vec::new();
    for _ in 0..20 {
        lines.push(place.connect(LOCAL).await);
    }
    place.stop.cancel();
    for line in &mut lines {
        line.write_all(REQUEST).await.unwrap();
    }
    for line in lines {
        assert!(rest(line).await.starts_with(b"HTTP/1.1 200"));
    }
    assert!(TcpStream::connect(place.address).await.is_err());
    place.ended().await;
}

/// A proxy brings the connections of many clients.
#[tokio::test]
async fn proxies_are_not_counted() {
    let proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let place = Place::new(ConnectionLimits { per_client: 1, proxies, ..ConnectionLimits::default() }).await;
    let mut lines = Vec::new();
    for _ in 0..5 {
        let mut line = place.connect(LOCAL).await;
        assert_eq!(status(&mut line).await, "200");
        lines.push(line);
    }
    drop(lines);
    place.ended().await;
}
