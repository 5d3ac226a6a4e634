//! A GraphQL client over websockets (`graphql-transport-ws`), message by message.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Request};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use crate::wait::DEADLINE;

/// Size of the receive buffer of a client that does not read.
const NARROW: u32 = 4096;

/// An open websocket.
#[derive(Debug)]
pub struct Websocket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Websocket {
    /// Opens one to the API at `url`, for example `http://127.0.0.1:4567`, with these headers.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn open(url: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut request = request_to(url);
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header is one");
            request.headers_mut().insert(*name, value);
        }
        Self(connect_async(request).await.expect("the API opens a websocket").0)
    }

    /// Opens one with a small receive buffer, and signs in with a bearer token.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn narrow(url: &str, token: &str) -> Self {
        let line = TcpSocket::new_v4().expect("a connection is begun");
        line.set_recv_buffer_size(NARROW).expect("its buffer is set");
        Self::over(line, url, token).await
    }

    /// Opens one from this address of the machine, and signs in with a bearer token.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn bearer_from(address: Ipv4Addr, url: &str, token: &str) -> Self {
        let line = TcpSocket::new_v4().expect("a connection is begun");
        line.bind(SocketAddr::from((address, 0))).expect("this machine has the address");
        Self::over(line, url, token).await
    }

    async fn over(line: TcpSocket, url: &str, token: &str) -> Self {
        let request = request_to(url);
        let address = request.uri().authority().expect("it names the API").as_str().parse();
        let line = line.connect(address.expect("an address")).await.expect("the API listens");
        let opened = client_async(request, MaybeTlsStream::Plain(line)).await;
        let mut socket = Self(opened.expect("the API opens a websocket").0);
        socket.sign_in(token).await;
        socket
    }

    /// Opens one and signs in with a bearer token.
    ///
    /// # Panics
    /// When the API refuses.
    pub async fn bearer(url: &str, token: &str) -> Self {
        let mut socket = Self::open(url, &[]).await;
        socket.sign_in(token).await;
        socket
    }

    async fn sign_in(&mut self, token: &str) {
        let payload = json!({ "authorization": format!("Bearer {token}") });
        self.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(self.hear().await, json!({ "type": "connection_ack" }));
    }

    /// Sends a message.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the API is there");
    }

    /// Receives the next message that is not a ping.
    ///
    /// # Panics
    /// When there is none.
    pub async fn hear(&mut self) -> Value {
        loop {
            let said = timeout(DEADLINE, self.0.next()).await.expect("the API says something");
            let text = match said {
                Some(Ok(Message::Text(text))) => text,
                other => panic!("no message, but {other:?}"),
            };
            let message: Value = serde_json::from_str(&text).expect("a message is JSON");
            if message["type"] != "ping" {
                return message;
            }
            self.say(json!({ "type": "pong" })).await;
        }
    }

    /// Starts an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// Executes an operation while no other runs; returns the data.
    ///
    /// # Panics
    /// When there are errors.
    pub async fn ask(&mut self, query: &str, variables: Value) -> Value {
        self.subscribe("ask", query, variables).await;
        let mut answer = self.hear().await;
        assert!(answer["type"] == "next" && answer["payload"].get("errors").is_none(), "{answer:#}");
        assert_eq!(self.hear().await, json!({ "type": "complete", "id": "ask" }));
        answer["payload"]["data"].take()
    }

    /// The code and reason with which the API closes it, skipping messages before.
    ///
    /// # Panics
    /// When it does not.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            let said = timeout(DEADLINE, self.0.next()).await.expect("the API closes it");
            match said {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("not closed, but {other:?}"),
            }
        }
    }
}

fn request_to(url: &str) -> Request<()> {
    let address = url.strip_prefix("http://").expect("the API is reached by http");
    let request = format!("ws://{address}/graphql").into_client_request();
    let mut request = request.expect("an address is one");
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    request
}
