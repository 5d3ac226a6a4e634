//! Somebody's open list of tickets, over a websocket that may break at any moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// How long a frontend waits before it connects again.
const AGAIN: Duration = Duration::from_millis(100);
const GRID: &str = "subscription ($after: String) {
    ticketsChanged(after: $after) { cursor reload changed { id version } }
}";

/// A screen, as it goes on by itself: it connects to one server after the other, and resumes.
#[derive(Debug)]
pub struct Screen {
    seen: Arc<Mutex<Seen>>,
    going_on: AbortHandle,
}

/// What it was told.
#[derive(Debug, Default)]
struct Seen {
    /// When it first had each version of a ticket, or a later one.
    versions: HashMap<String, Vec<(i64, Instant)>>,
    connections: usize,
    reloads: usize,
    cursor: Value,
}

impl Screen {
    /// Opens it, and waits until it was told where it stands.
    pub async fn open(servers: Vec<String>, token: &str) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (telling, token) = (Arc::clone(&seen), token.to_owned());
        let going_on = tokio::spawn(async move {
            for server in servers.iter().cycle() {
                // Whatever breaks, the next one is tried.
                let _ = follow(server, &token, &telling).await;
                sleep(AGAIN).await;
            }
        })
        .abort_handle();
        let screen = Self { seen, going_on };
        while screen.reloads() == 0 {
            sleep(AGAIN / 10).await;
        }
        screen
    }

    /// When it had this version of a ticket, or a later one.
    pub fn had(&self, ticket: &str, version: i64) -> Option<Instant> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.versions.get(ticket)?.iter().find(|(had, _)| *had >= version).map(|(_, at)| *at)
    }

    /// How often it connected.
    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).connections
    }

    /// How often it was told to begin anew.
    pub fn reloads(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).reloads
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.going_on.abort();
    }
}

/// Follows until the connection breaks.
async fn follow(server: &str, token: &str, seen: &Mutex<Seen>) -> Option<()> {
    let address = server.strip_prefix("http://")?;
    let mut request = format!("ws://{address}/graphql").into_client_request().ok()?;
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.ok()?;
    let init =
        json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } });
    socket.send(Message::text(init.to_string())).await.ok()?;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).ok()?;
        let answer = match message["type"].as_str()? {
            "connection_ack" => {
                let after = {
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.connections += 1;
                    seen.cursor.clone()
                };
                let payload = json!({ "query": GRID, "variables": { "after": after } });
                json!({ "type": "subscribe", "id": "1", "payload": payload })
            }
            "ping" => json!({ "type": "pong" }),
            "next" => {
                seen.lock().unwrap_or_else(PoisonError::into_inner).take(&message["payload"]["data"]);
                continue;
            }
            _ => return None,
        };
        socket.send(Message::text(answer.to_string())).await.ok()?;
    }
    None
}

impl Seen {
    fn take(&mut self, data: &Value) {
        let told = &data["ticketsChanged"];
        self.cursor = told["cursor"].clone();
        self.reloads += usize::from(told["reload"] == true);
        for ticket in told["changed"].as_array().into_iter().flatten() {
            if let (Some(id), Some(version)) = (ticket["id"].as_str(), ticket["version"].as_i64()) {
                self.versions.entry(id.to_owned()).or_default().push((version, Instant::now()));
            }
        }
    }
}
