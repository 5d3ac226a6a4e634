//! A server on a real socket, and a websocket client.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use guichet_edge::{ConnectionLimits, EdgeSettings, SocketLimits, Sockets, layered, router, serve};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

use crate::client::settings;
use crate::sample::{Acts, FromHeader, schema};

/// How long anything may take before a test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// A running server.
pub struct Site {
    pub address: SocketAddr,
    pub acts: Acts,
    pub stop: CancellationToken,
    /// Completes when everything is closed.
    pub served: JoinHandle<()>,
}

impl Site {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    /// A server with changed limits of websockets.
    pub async fn limited(change: impl FnOnce(&mut SocketLimits)) -> Self {
        let mut settings = settings();
        change(&mut settings.sockets);
        Self::with(settings).await
    }

    pub async fn with(settings: EdgeSettings) -> Self {
        let (acts, stop) = (Acts::default(), CancellationToken::new());
        let sockets = Sockets::new(stop.clone());
        let routes = router(schema(&acts), &settings, FromHeader(acts.clone()), &sockets);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = serve(listener, layered(routes, &settings), ConnectionLimits::default(), stop.clone());
        let served = tokio::spawn(async move {
            serving.await;
            sockets.closed().await;
        });
        Self { address, acts, stop, served }
    }

    /// Opens a websocket with these headers, in addition to those of the subprotocol.
    pub async fn open(&self, headers: &[(&'static str, &str)]) -> Result<Peer, Error> {
        let mut request = format!("ws://{}/graphql", self.address).into_client_request().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
        for (name, value) in headers {
            let value = value.replace("{own}", &self.address.to_string());
            request.headers_mut().insert(*name, HeaderValue::from_str(&value).unwrap());
        }
        connect_async(request).await.map(|(socket, _)| Peer(socket))
    }

    /// Opens a websocket and is admitted with this bearer token.
    pub async fn greeted(&self, token: &str) -> Peer {
        let mut peer = self.open(&[]).await.unwrap();
        peer.init(token).await;
        assert_eq!(peer.hear().await, json!({"type": "connection_ack"}));
        peer
    }

    /// Opens a websocket as a known client.
    pub async fn peer(&self) -> Peer {
        self.greeted("ana").await
    }

    /// The HTTP status of a refused upgrade.
    pub async fn refusal(&self, headers: &[(&'static str, &str)]) -> u16 {
        match self.open(headers).await {
            Err(Error::Http(answer)) => answer.status().as_u16(),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was opened"),
        }
    }
}

/// The client's end of a websocket.
pub struct Peer(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Peer {
    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn init(&mut self, token: &str) {
        let payload = json!({"authorization": format!("Bearer {token}")});
        self.say(json!({"type": "connection_init", "payload": payload})).await;
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    pub async fn complete(&mut self, id: &str) {
        self.say(json!({"type": "complete", "id": id})).await;
    }

    async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(DEADLINE, self.0.next()).await.expect("the server says nothing")
    }

    /// The next message as text.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// Expects this message next.
    #[track_caller]
    pub fn hears(&mut self, message: Value) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move { assert_eq!(self.hear().await, message, "{at}") }
    }

    /// The next `next` message of this operation.
    pub async fn data(&mut self, id: &str) -> Value {
        let mut message = self.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        assert_eq!(message["payload"].get("errors"), None, "{message}");
        message["payload"]["data"].take()
    }

    /// The code of the next `error` message of this operation.
    pub async fn error(&mut self, id: &str) -> String {
        let message = self.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!(id)), "{message}");
        let errors = message["payload"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{message}");
        errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    /// Sends a ping and waits for the answer, so that everything sent before has been handled.
    pub async fn is_heard(&mut self) {
        self.say(json!({"type": "ping"})).await;
        self.hears(json!({"type": "pong"})).await;
    }

    /// Closes the websocket and waits for the server's close frame.
    pub async fn leave(&mut self) {
        self.0.close(None).await.unwrap();
        while self.next().await.is_some_and(|said| said.is_ok()) {}
    }

    /// The code and reason with which the server closes, skipping messages before.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
