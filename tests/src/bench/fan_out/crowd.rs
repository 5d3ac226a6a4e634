//! Many websocket clients, and when each of them received a message.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::wait::DEADLINE;

/// How many are opened concurrently.
const AT_ONCE: usize = 64;

type Socket = WebSocketStream<TcpStream>;

/// A subscriber: who, to what, and in which room.
#[derive(Debug, Clone)]
pub struct Listener {
    /// The session's token.
    pub token: String,
    /// The subscription: `query` and `variables`.
    pub subscription: Value,
    /// Subscribers in the same room receive the same messages.
    pub room: usize,
}

/// A message that a subscriber received, or why it was disconnected.
struct Heard {
    room: usize,
    at: Instant,
    text: Result<Utf8Bytes, String>,
}

/// All subscribers.
pub struct Crowd {
    /// The number of subscribers per room.
    rooms: Vec<usize>,
    tell: UnboundedSender<Heard>,
    heard: UnboundedReceiver<Heard>,
    members: JoinSet<()>,
}

impl Crowd {
    /// Starts without subscribers, with so many rooms.
    pub fn new(rooms: usize) -> Self {
        let (tell, heard) = unbounded_channel();
        Self { rooms: vec![0; rooms], tell, heard, members: JoinSet::new() }
    }

    /// Connects these subscribers to the API at `address`, for example `127.0.0.1:4567`. When this returns, each
    /// has received the first message of its subscription.
    ///
    /// # Panics
    /// When the API refuses them.
    pub async fn listen(&mut self, address: &str, listeners: Vec<Listener>) {
        let mut opened = futures_util::stream::iter(listeners)
            .map(|listener| async { (listener.room, open(address, listener).await) })
            .buffer_unordered(AT_ONCE);
        while let Some((room, socket)) = opened.next().await {
            self.add(room, socket);
        }
    }

    /// Connects so many subscribers in a room to plain connections, on which frames arrive without a protocol.
    ///
    /// # Panics
    /// When nobody listens there.
    pub async fn overhear(&mut self, address: &str, room: usize, count: usize) {
        let connect = async |_| TcpStream::connect(address).await.expect("a connection is made");
        let mut opened = futures_util::stream::iter(0..count).map(connect).buffer_unordered(AT_ONCE);
        while let Some(stream) = opened.next().await {
            let socket = Socket::from_raw_socket(stream, Role::Client, Some(small())).await;
            self.add(room, socket);
        }
    }

    fn add(&mut self, room: usize, mut socket: Socket) {
        self.rooms[room] += 1;
        let tell = self.tell.clone();
        self.members.spawn(async move {
            loop {
                let said = socket.next().await;
                let at = Instant::now();
                let text = match said {
                    Some(Ok(Message::Text(text))) if text.starts_with(PING) => {
                        // A failed connection is reported by the next read.
                        let _ = socket.send(Message::text(PONG)).await;
                        continue;
                    }
                    Some(Ok(Message::Text(text))) => Ok(text),
                    other => Err(format!("{other:?}")),
                };
                let is_over = text.is_err();
                if tell.send(Heard { room, at, text }).is_err() || is_over {
                    break;
                }
            }
        });
    }

    /// Waits until every subscriber in the room has received one message; returns the time since `cause`, and one
    /// of the messages.
    ///
    /// # Panics
    /// When a subscriber misses the message or receives another one, or one in another room receives anything.
    pub async fn hear(&mut self, room: usize, cause: Instant) -> (Vec<Duration>, Utf8Bytes) {
        let mut times = Vec::with_capacity(self.rooms[room]);
        let mut last = Utf8Bytes::default();
        while times.len() < self.rooms[room] {
            let heard = timeout(DEADLINE, self.heard.recv()).await;
            let heard = heard.unwrap_or_else(|_| {
                panic!("{} of {} missed it", self.rooms[room] - times.len(), self.rooms[room])
            });
            let heard = heard.expect("the crowd keeps a sender");
            let text = heard.text.unwrap_or_else(|how| panic!("somebody was shown out: {how}"));
            assert!(text.starts_with(NEXT) && !text.contains(r#""errors":"#), "a failure: {text}");
            assert_eq!(heard.room, room, "it was told in another room: {text}");
            times.push(heard.at.saturating_duration_since(cause));
            last = text;
        }
        assert!(self.heard.is_empty(), "somebody was told twice");
        (times, last)
    }
}

const NEXT: &str = r#"{"type":"next""#;
const PING: &str = r#"{"type":"ping""#;
const PONG: &str = r#"{"type":"pong"}"#;

/// Small buffers, because there are many connections.
fn small() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(2 << 10).write_buffer_size(0)
}

async fn open(address: &str, listener: Listener) -> Socket {
    let request = format!("ws://{address}/graphql").into_client_request();
    let mut request = request.expect("an address is one");
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let stream = TcpStream::connect(address).await.expect("a connection is made");
    let opened = client_async_with_config(request, stream, Some(small())).await;
    let mut socket = opened.expect("a websocket is opened").0;
    let payload = json!({ "authorization": format!("Bearer {}", listener.token) });
    say(&mut socket, json!({ "type": "connection_init", "payload": payload })).await;
    answered(&mut socket, "connection_ack").await;
    say(&mut socket, json!({ "type": "subscribe", "id": "1", "payload": listener.subscription })).await;
    answered(&mut socket, "next").await;
    socket
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.expect("the API is there");
}

async fn answered(socket: &mut Socket, kind: &str) {
    let said = timeout(DEADLINE, socket.next()).await.expect("the API answers");
    let text = match said {
        Some(Ok(Message::Text(text))) => text,
        other => panic!("no {kind}, but {other:?}"),
    };
    assert!(text.starts_with(&format!(r#"{{"type":"{kind}""#)), "no {kind}, but {text}");
}
