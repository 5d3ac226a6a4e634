//! A name server that knows what a test tells it, over UDP and TCP.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{CNAME, SOA, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// Longest answer over UDP.
const DATAGRAM: usize = 512;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// What it knows, and that there is nothing else.
    #[default]
    Knows,
    /// With this code, whatever is asked.
    Says(ResponseCode),
    /// Not at all.
    Silent,
    /// With bytes that are no answer.
    Babbles,
}

/// A name server, stopped on drop.
#[derive(Debug)]
pub struct FakeDns {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    _serving: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Zone {
    /// The TXT records by name, each in its parts.
    texts: HashMap<String, Vec<Vec<String>>>,
    aliases: HashMap<String, String>,
    mood: Mood,
    asked: usize,
}

impl FakeDns {
    /// Starts one that knows nothing.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let zone = Arc::<Mutex<Zone>>::default();
        // The port must be free for both.
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
            let address = udp.local_addr().expect("the socket is bound");
            if let Ok(tcp) = TcpListener::bind(address).await {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().expect("the socket is bound");
        let mut serving = JoinSet::new();
        serving.spawn(datagrams(udp, Arc::clone(&zone)));
        serving.spawn(streams(tcp, Arc::clone(&zone)));
        Self { address, zone, _serving: serving }
    }

    /// Its address, for `DNS_SERVERS`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Publishes the TXT records of a name, and no others; with none the name is gone.
    pub fn publish(&self, name: &str, values: &[&str]) {
        let parts = values.iter().map(|value| vec![(*value).to_owned()]).collect();
        self.publish_parts(name, parts);
    }

    /// The same with values in several parts.
    pub fn publish_parts(&self, name: &str, values: Vec<Vec<String>>) {
        let mut zone = self.zone();
        if values.is_empty() {
            zone.texts.remove(name)
        } else {
            zone.texts.insert(name.to_owned(), values)
        };
    }

    /// Makes a name an alias of another.
    pub fn alias(&self, name: &str, of: &str) {
        self.zone().aliases.insert(name.to_owned(), of.to_owned());
    }

    /// Changes how it answers.
    pub fn mood(&self, mood: Mood) {
        self.zone().mood = mood;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.zone().asked
    }

    fn zone(&self) -> MutexGuard<'_, Zone> {
        self.zone.lock().expect("not poisoned")
    }
}

impl Zone {
    fn answer(&mut self, question: &[u8], most: usize) -> Option<Vec<u8>> {
        self.asked += 1;
        let question = Message::from_vec(question).ok()?;
        let query = question.queries.first()?.clone();
        let mut answer = Message::response(question.metadata.id, OpCode::Query);
        answer.metadata.recursion_available = true;
        answer.add_query(query.clone());
        match self.mood {
            Mood::Silent => return None,
            Mood::Babbles => return Some(b"what?".to_vec()),
            Mood::Says(code) => answer.metadata.response_code = code,
            Mood::Knows if query.query_type != RecordType::TXT => {}
            Mood::Knows => self.look_up(&query.name, &mut answer),
        }
        let bytes = answer.to_vec().expect("an answer can be written");
        if bytes.len() <= most {
            return Some(bytes);
        }
        Some(answer.truncate().to_vec().expect("an answer can be written"))
    }

    fn look_up(&self, name: &Name, answer: &mut Message) {
        let mut name = name.clone();
        let plain = |name: &Name| name.to_ascii().trim_end_matches('.').to_lowercase();
        while let Some(of) = self.aliases.get(&plain(&name)) {
            let of = named(of);
            answer.add_answer(Record::from_rdata(name, 60, RData::CNAME(CNAME(of.clone()))));
            name = of;
        }
        for parts in self.texts.get(&plain(&name)).into_iter().flatten() {
            answer.add_answer(Record::from_rdata(name.clone(), 60, RData::TXT(TXT::new(parts.clone()))));
        }
        if !self.texts.contains_key(&plain(&name)) {
            answer.metadata.response_code = ResponseCode::NXDomain;
            let soa = SOA::new(named("ns.example"), named("root.example"), 1, 60, 60, 60, 60);
            answer.add_authority(Record::from_rdata(named("example"), 60, RData::SOA(soa)));
        }
    }
}

fn named(name: &str) -> Name {
    let mut name = Name::from_ascii(name).expect("a name");
    name.set_fqdn(true);
    name
}

async fn datagrams(socket: UdpSocket, zone: Arc<Mutex<Zone>>) {
    let mut question = [0; DATAGRAM];
    while let Ok((length, from)) = socket.recv_from(&mut question).await {
        let answer = zone.lock().expect("not poisoned").answer(&question[..length], DATAGRAM);
        if let Some(answer) = answer {
            // Who asked may have gone.
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

async fn streams(listener: TcpListener, zone: Arc<Mutex<Zone>>) {
    let mut lines = JoinSet::new();
    while let Ok((line, _)) = listener.accept().await {
        lines.spawn(stream(line, Arc::clone(&zone)));
    }
}

async fn stream(mut line: TcpStream, zone: Arc<Mutex<Zone>>) -> std::io::Result<()> {
    loop {
        let mut question = vec![0; usize::from(line.read_u16().await?)];
        line.read_exact(&mut question).await?;
        let answer = zone.lock().expect("not poisoned").answer(&question, usize::from(u16::MAX));
        if let Some(answer) = answer {
            line.write_u16(answer.len() as u16).await?;
            line.write_all(&answer).await?;
        }
    }
}
