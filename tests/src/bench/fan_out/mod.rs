//! Live fan-out: a change of a ticket is sent to ten thousand websockets in a hundred rooms, and in one. A room is
//! a firm whose tickets are followed. The change is committed by the benchmark and sent by `guichet serve`, which
//! learns of it as from any other process. The baseline is the same number of plain connections, to which a
//! process writes the same message.

mod bare;
mod crowd;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::SystemClock;
use chrono::TimeDelta;
use guichet_base::id::TicketId;
use guichet_embedded::Postgres;
use guichet_engine::db;
use guichet_engine::hint;
use guichet_engine::store::Store;
use guichet_schema::desk::ticket::commands::create;
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::desk::ticket::status::{ChangeStatus, change_status};
use guichet_server::open_files;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::cpu;
use super::rest::resident;
use crate::process::{Launch, Process};
use crate::world::{Firm, session, ticket_about};

pub use bare::{BARE, serve};
pub use crowd::{Crowd, Listener};

/// How many websockets.
pub const SOCKETS: usize = 10_000;
/// In how many rooms.
pub const ROOMS: [usize; 2] = [100, 1];
/// The least number of timed messages: small rooms need more changes.
const RECEIPTS: usize = 100_000;
/// Websockets per session, whose limit is fifty.
const PER_SESSION: usize = 25;
const SUBSCRIPTION: &str = include_str!("subscription.graphql");

/// The result for a number of rooms.
#[derive(Debug, Clone)]
pub struct FanOutFigures {
    /// From commit to receipt.
    pub ours: Told,
    /// From write to receipt, over plain connections in a room of the same size.
    pub bare: Told,
    /// Resident memory of the server per subscribed websocket, in kB.
    pub resident: f64,
}

/// The durations of one sender.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The time of each receipt.
    pub receipts: Vec<Duration>,
    /// The time of the last receipt of each change.
    pub last: Vec<Duration>,
    /// CPU seconds of the sender.
    pub cpu: f64,
}

impl Told {
    fn add(&mut self, times: Vec<Duration>) {
        self.last.extend(times.iter().max());
        self.receipts.extend(times);
    }

    /// The duration within which `percent` of the receipts arrived.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.receipts.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
    }

    /// CPU seconds per thousand receipts.
    pub fn cpu_per_thousand(&self) -> f64 {
        self.cpu / self.receipts.len() as f64 * 1000.0
    }
}

/// Runs the benchmark in a migrated database; returns one result for each of [`ROOMS`].
///
/// # Errors
/// When the database does not answer.
///
/// # Panics
/// When a message is missing.
pub async fn run(postgres: &Postgres) -> Result<Vec<FanOutFigures>, Box<dyn Error + Send + Sync>> {
    open_files::allow_many();
    let url = postgres.url();
    let store = Store::new(db::pool(&url, 8)?, Arc::new(SystemClock));
    let mut announcing = JoinSet::new();
    let hints = store.hints.clone();
    announcing.spawn(async move { hint::announce(&url, &hints).await });
    let mut figures = Vec::new();
    for rooms in ROOMS {
        figures.push(over(postgres, &store, rooms).await?);
    }
    Ok(figures)
}

async fn over(
    postgres: &Postgres,
    store: &Store,
    rooms: usize,
) -> Result<FanOutFigures, Box<dyn Error + Send + Sync>> {
    let mut desks = Vec::new();
    let mut listeners = Vec::new();
    for room in 0..rooms {
        let desk = Desk::open(store).await?;
        listeners.extend(desk.listeners(room, SOCKETS / rooms).await);
        desks.push(desk);
    }
    let server = Launch::serve(&postgres.url()).start().await;
    let mut crowd = Crowd::new(rooms);
    // What the first subscribers cause, above all database connections, is not counted per websocket.
    crowd.listen(&address(&server).await, listeners.split_off(listeners.len() / 2)).await;
    let before = resident(&server);
    let more = listeners.len();
    crowd.listen(&address(&server).await, listeners).await;
    let resident = resident(&server).saturating_sub(before) as f64 / more as f64;

    let changes = RECEIPTS * rooms / SOCKETS;
    let mut ours = Told::default();
    let mut text = None;
    let cpu = cpu::seconds(&[server.pid()]);
    for change in 0..changes {
        let room = change % rooms;
        let committed = desks[room].change().await?;
        let (times, heard) = crowd.hear(room, committed).await;
        ours.add(times);
        text = Some(heard);
    }
    ours.cpu = cpu::seconds(&[server.pid()]) - cpu;
    drop(crowd);
    server.stop().await;
    let bare = bare_of(&bare::frame(&text.unwrap_or_default()), SOCKETS / rooms, changes).await?;
    Ok(FanOutFigures { ours, bare, resident })
}

/// Plain connections in one room, with the same number of messages.
async fn bare_of(frame: &[u8], sockets: usize, changes: usize) -> Result<Told, Box<dyn Error + Send + Sync>> {
    let server = Launch::own(&[BARE]).start().await;
    let mut crowd = Crowd::new(1);
    crowd.overhear(&address(&server).await, 0, sockets).await;
    let mut teller = TcpStream::connect(address(&server).await).await?;
    teller.set_nodelay(true)?;
    let mut told = Told::default();
    let cpu = cpu::seconds(&[server.pid()]);
    for _ in 0..changes {
        let written = Instant::now();
        teller.write_all(frame).await?;
        told.add(crowd.hear(0, written).await.0);
    }
    told.cpu = cpu::seconds(&[server.pid()]) - cpu;
    server.kill().await;
    Ok(told)
}

async fn address(server: &Process) -> String {
    server.url().await.trim_start_matches("http://").to_owned()
}

/// A firm with one ticket.
struct Desk {
    store: Store,
    firm: Firm,
    ticket: TicketId,
    /// The status that was set last.
    status: TicketStatus,
}

impl Desk {
    async fn open(store: &Store) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let firm = Firm::new(store, &format!("{}.example", Uuid::new_v4())).await;
        let client = firm.client("Padaria Estrela", None).await;
        let input = ticket_about(client, "Guia");
        let ticket = create(store, &firm.owner.actor(), &key(), input).await?.value;
        Ok(Self { store: store.clone(), firm, ticket, status: TicketStatus::Open })
    }

    /// The subscribers to its tickets.
    async fn listeners(&self, room: usize, count: usize) -> Vec<Listener> {
        let owner = &self.firm.owner;
        let until = self.store.now() + TimeDelta::days(1);
        let subscription = json!({ "query": SUBSCRIPTION });
        let mut listeners = Vec::new();
        while listeners.len() < count {
            let token = session(&self.store, owner.account_id, &owner.membership, until).await;
            let listener = Listener { token, subscription: subscription.clone(), room };
            let here = PER_SESSION.min(count - listeners.len());
            listeners.extend(std::iter::repeat_n(listener, here));
        }
        listeners
    }

    /// Changes its ticket; returns the time of the commit.
    async fn change(&mut self) -> Result<Instant, Box<dyn Error + Send + Sync>> {
        self.status = match self.status {
            TicketStatus::Waiting => TicketStatus::InAnalysis,
            _ => TicketStatus::Waiting,
        };
        let status = self.status;
        let input = ChangeStatus { id: self.ticket, status, reason: None, expected_version: None };
        change_status(&self.store, &self.firm.owner.actor(), &key(), input).await?;
        Ok(Instant::now())
    }
}

fn key() -> String {
    Uuid::new_v4().to_string()
}
