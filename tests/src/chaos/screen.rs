//! An open list of tickets, over a websocket that may break at any moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt, stream};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::office::Office;
use crate::world::{Person, session};

/// The delay before a frontend reconnects: it doubles after each failed attempt, plus a random part of up to as
/// much. graphql-ws does the same, with ten times this delay.
const AGAIN: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);
/// Screens per session, whose limit is fifty websockets.
const PER_SESSION: usize = 25;
const GRID: &str = "subscription ($after: String) {
    ticketsChanged(after: $after) { cursor reload changed { id version } }
}";

/// A screen, which reconnects to one server after the other and resumes.
#[derive(Debug)]
pub struct Screen {
    seen: Arc<Mutex<Seen>>,
    going_on: AbortHandle,
}

/// Opens so many screens of the clerk on one server.
pub async fn open(office: &Office, server: &str, count: usize) -> Vec<Screen> {
    let Person { account_id, membership, .. } = &office.clerk;
    let until = office.store.now() + TimeDelta::hours(1);
    let screen = async |number: usize| {
        let token = session(&office.store, *account_id, membership, until).await;
        let few = PER_SESSION.min(count - number);
        join_all((0..few).map(|_| Screen::open(vec![server.to_owned()], &token))).await
    };
    stream::iter((0..count).step_by(PER_SESSION)).then(screen).map(stream::iter).flatten().collect().await
}

/// What it received.
#[derive(Debug, Default)]
struct Seen {
    /// When it first had each version of a ticket, or a later one.
    versions: HashMap<String, Vec<(i64, Instant)>>,
    connections: usize,
    reloads: usize,
    cursor: Value,
}

impl Screen {
    /// Opens a screen, and waits for its first message.
    pub async fn open(servers: Vec<String>, token: &str) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (telling, token) = (Arc::clone(&seen), token.to_owned());
        let going_on = tokio::spawn(async move {
            let mut wait = AGAIN;
            for server in servers.iter().cycle() {
                let before = locked(&telling).connections;
                // After any failure the next server is tried.
                let _ = follow(server, &token, &telling).await;
                let connected = locked(&telling).connections > before;
                wait = if connected { AGAIN } else { LONGEST.min(wait * 2) };
                sleep(wait.mul_f64(rand::random_range(1.0..2.0))).await;
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
        let seen = locked(&self.seen);
        seen.versions.get(ticket)?.iter().find(|(had, _)| *had >= version).map(|(_, at)| *at)
    }

    /// How often it connected.
    pub fn connections(&self) -> usize {
        locked(&self.seen).connections
    }

    /// How often it was told to reload.
    pub fn reloads(&self) -> usize {
        locked(&self.seen).reloads
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.going_on.abort();
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
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
                    let mut seen = locked(seen);
                    seen.connections += 1;
                    seen.cursor.clone()
                };
                let payload = json!({ "query": GRID, "variables": { "after": after } });
                json!({ "type": "subscribe", "id": "1", "payload": payload })
            }
            "ping" => json!({ "type": "pong" }),
            "next" => {
                // A message with an error is the last one, and has no data.
                let told = message["payload"]["data"].get("ticketsChanged").filter(|told| !told.is_null())?;
                locked(seen).take(told);
                continue;
            }
            _ => return None,
        };
        socket.send(Message::text(answer.to_string())).await.ok()?;
    }
    None
}

impl Seen {
    fn take(&mut self, told: &Value) {
        self.cursor = told["cursor"].clone();
        self.reloads += usize::from(told["reload"] == true);
        for ticket in told["changed"].as_array().into_iter().flatten() {
            if let (Some(id), Some(version)) = (ticket["id"].as_str(), ticket["version"].as_i64()) {
                self.versions.entry(id.to_owned()).or_default().push((version, Instant::now()));
            }
        }
    }
}
