//! Clients that take connections and say nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use guichet_base::id::Id;
use guichet_edge::ConnectionLimits;
use guichet_server::open_files;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use super::screen::{self, Screen};
use crate::bench::rest::resident;
use crate::database::TestDatabase;
use crate::process::{Launch, Process};
use crate::websocket::Websocket;

/// The default of `GUICHET_CLIENT_CONNECTIONS`.
const PER_CLIENT: usize = 2_000;
/// Screens that are open all the time.
const SCREENS: usize = 20;
/// How often a new client comes, and a change is made, while the others hold on.
const ROUNDS: usize = 10;
/// How many connections are begun concurrently.
const AT_ONCE: usize = 200;
/// How long a new client may wait for its answer, and the screens for a change, on the machine that attacks.
const SOON: Duration = Duration::from_secs(3);
/// Memory that the server may use for the attack, in kB.
const MEMORY: u64 = 160 << 10;
/// The address of an honest client.
const HONEST: Ipv4Addr = Ipv4Addr::new(127, 3, 0, 1);
const QUERY: &str = "{ tickets(first: 1) { edges { node { id } } } }";
const HANDSHAKE: &str = "GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
const REQUEST: &str = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// One way to say nothing.
struct Attack {
    name: &'static str,
    /// From how many addresses, and how many connections of each.
    addresses: usize,
    each: usize,
    /// What is sent before.
    first: &'static str,
}

impl Attack {
    /// How many connections it begins.
    const fn connections(&self) -> usize {
        self.addresses * self.each
    }

    /// How many of them the server may hold open.
    fn allowed(&self) -> usize {
        (self.addresses * self.each.min(PER_CLIENT)).min(ConnectionLimits::default().in_all)
    }
}

const ATTACKS: &[Attack] = &[
    Attack { name: "20,000 silent of one address", addresses: 1, each: 20_000, first: "" },
    Attack { name: "18,000 silent of nine addresses", addresses: 9, each: 2_000, first: "" },
    Attack { name: "18,000 silent of nine after a request", addresses: 9, each: 2_000, first: REQUEST },
    Attack { name: "13,000 websockets of one address", addresses: 1, each: 13_000, first: HANDSHAKE },
    Attack { name: "13,000 websockets of 65 addresses", addresses: 65, each: 200, first: HANDSHAKE },
];

/// While many connections say nothing, new clients of another address are served, and screens are told of changes.
pub async fn run() -> Findings {
    open_files::allow_many();
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let launch = Launch::serve(&office.url).with("GUICHET_CLIENT_CONNECTIONS", PER_CLIENT.to_string());
    let serve = launch.start().await;
    let url = serve.url().await;
    let ticket = office.ticket("abuse@example.com").await.encode();
    let screens = screen::open(&office, &url, SCREENS).await;
    let mut site = Site { office, serve, url, ticket, screens, changes: 0 };
    let mut findings = Findings::default();
    site.works(&mut findings).await;
    let before = resident(&site.serve);
    for attack in ATTACKS {
        let mut found = Findings::default();
        let held = Held::begin(attack, &site.url);
        let (mut slowest, mut most, mut rounds) = (Duration::ZERO, 0, 0);
        while rounds < ROUNDS || held.begun() < attack.connections() {
            slowest = slowest.max(site.works(&mut found).await);
            most = most.max(resident(&site.serve));
            rounds += 1;
        }
        let grown = most.saturating_sub(before);
        let (at_once, failed) = (held.most(), held.failed());
        found.count("held", held.open());
        found.count("at once", at_once);
        found.count("failed", failed);
        found.count("rounds", rounds);
        found.count("slowest", format!("{:.2} s", slowest.as_secs_f64()));
        found.count("memory grew by", format!("{:.0} MB", grown as f64 / 1024.0));
        found.expect(grown < MEMORY, format!("memory grew by {grown} kB"));
        let least = attack.allowed() / 2;
        found.expect(at_once >= least, format!("only {at_once} connections were open at once, not {least}"));
        let few = attack.connections() / 100;
        found.expect(failed <= few, format!("{failed} connections could not be begun, more than {few}"));
        findings.extend(attack.name, found);
    }
    findings
        .expect(site.screens.iter().all(|screen| screen.connections() == 1), "screens lost their connection");
    let Site { serve, screens, .. } = site;
    drop(screens);
    findings.expect(serve.stop().await.success(), "the server did not stop as it should");
    database.drop().await;
    findings
}

/// A server at work.
struct Site {
    office: Office,
    serve: Process,
    url: String,
    ticket: String,
    screens: Vec<Screen>,
    changes: usize,
}

impl Site {
    /// A new client is answered over HTTP, another one over a websocket, and all screens are told of a change. Returns
    /// how long the slowest of the three took.
    async fn works(&mut self, findings: &mut Findings) -> Duration {
        let token = &self.office.clerk.token;
        let begun = Instant::now();
        let api = Api::from(HONEST, &self.url, token);
        let answer = api.ask(QUERY, json!({})).await;
        findings.expect(answer.is_ok(), format!("a new client is not answered: {answer:?}"));
        let mut slowest = begun.elapsed();

        let begun = Instant::now();
        let asked = timeout(SOON, async {
            Websocket::bearer_from(HONEST, &self.url, token).await.ask(QUERY, json!({})).await
        });
        findings.expect(asked.await.is_ok(), "a new websocket is not answered");
        slowest = slowest.max(begun.elapsed());

        let begun = Instant::now();
        let status = if self.changes.is_multiple_of(2) { "WAITING" } else { "IN_ANALYSIS" };
        self.changes += 1;
        let changed = api.change(&new_key(), &self.ticket, status).await;
        findings.expect(changed.is_ok(), format!("a change was not taken: {changed:?}"));
        let version = changed.ok().and_then(|payload| payload["ticket"]["version"].as_i64());
        let all = || {
            self.screens.iter().all(|screen| screen.had(&self.ticket, version.unwrap_or(i64::MAX)).is_some())
        };
        let told = self.office.within(SOON, async || all()).await;
        findings.expect(told, "screens were not told of a change");
        slowest = slowest.max(begun.elapsed());
        findings.expect(slowest < SOON, format!("somebody waited for {slowest:?}"));
        slowest
    }
}

/// The connections of an attack, held until this is dropped or the server closes them.
struct Held {
    counts: Arc<Counts>,
    _connections: JoinSet<()>,
}

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    failed: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Held {
    fn begin(attack: &'static Attack, url: &str) -> Self {
        let server: SocketAddr = url.trim_start_matches("http://").parse().expect("a server has an address");
        let (counts, at_once) = (Arc::<Counts>::default(), Arc::new(Semaphore::new(AT_ONCE)));
        let mut connections = JoinSet::new();
        for number in 0..attack.connections() {
            let (counts, at_once) = (Arc::clone(&counts), Arc::clone(&at_once));
            connections.spawn(async move {
                let [.., high, low] = (number % attack.addresses).to_be_bytes();
                let from = Ipv4Addr::new(127, 2, high, low.saturating_add(1));
                let permit = at_once.acquire().await;
                let connected = connect(from, server).await;
                drop(permit);
                counts.begun.fetch_add(1, Ordering::Relaxed);
                let Ok(mut stream) = connected else {
                    counts.failed.fetch_add(1, Ordering::Relaxed);
                    return;
                };
                let open = counts.open.fetch_add(1, Ordering::Relaxed) + 1;
                counts.most.fetch_max(open, Ordering::Relaxed);
                // Until the server closes it. A frozen part of an answer is part of the silence.
                let mut bytes = [0; 512];
                if stream.write_all(attack.first.as_bytes()).await.is_ok() {
                    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
                }
                counts.open.fetch_sub(1, Ordering::Relaxed);
            });
        }
        Self { counts, _connections: connections }
    }

    /// How many connections were begun, whether or not they were accepted.
    fn begun(&self) -> usize {
        self.counts.begun.load(Ordering::Relaxed)
    }

    /// How many could not be begun.
    fn failed(&self) -> usize {
        self.counts.failed.load(Ordering::Relaxed)
    }

    /// How many were open at once.
    fn most(&self) -> usize {
        self.counts.most.load(Ordering::Relaxed)
    }

    /// How many are open.
    fn open(&self) -> usize {
        self.counts.open.load(Ordering::Relaxed)
    }
}

/// Connects from an address of this machine; again where the system has no file or port left at the moment.
async fn connect(from: Ipv4Addr, server: SocketAddr) -> std::io::Result<TcpStream> {
    const TRIES: usize = 20;
    let mut last = None;
    for _ in 0..TRIES {
        let connected = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from((from, 0)))?;
            socket.connect(server).await
        };
        match connected.await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
        sleep(Duration::from_millis(50)).await;
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::TimedOut.into()))
}
