//! A way to an engine that can be frozen: connections stay open, new ones are accepted, and nothing passes.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::wait::DEADLINE;

/// Where a gate leads.
#[derive(Debug, Clone)]
pub enum Target {
    /// An address.
    Tcp(String),
    /// A socket.
    Unix(PathBuf),
}

/// A gate on 127.0.0.1, closed for good on drop.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    open: watch::Sender<bool>,
    /// How often something was held up.
    held: watch::Sender<usize>,
    _serving: JoinSet<()>,
}

/// What each connection of a gate knows.
#[derive(Debug, Clone)]
struct Bars {
    open: watch::Receiver<bool>,
    held: watch::Sender<usize>,
}

impl Bars {
    /// Waits until something may pass; false when the gate is gone.
    async fn lifted(&mut self) -> bool {
        if !*self.open.borrow() {
            self.held.send_modify(|held| *held += 1);
        }
        self.open.wait_for(|open| *open).await.is_ok()
    }
}

impl Gate {
    /// An open one.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn to(target: Target) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the socket is bound");
        let open = watch::channel(true).0;
        let held = watch::channel(0).0;
        let bars = Bars { open: open.subscribe(), held: held.clone() };
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((line, _)) = listener.accept().await {
                lines.spawn(pass(line, target.clone(), bars.clone()));
            }
        });
        Self { address, open, held, _serving: serving }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing pass any more.
    pub fn freeze(&self) {
        self.open.send_replace(false);
    }

    /// Waits until something is held up that came after the gate was closed.
    ///
    /// # Panics
    /// When that does not happen.
    pub async fn waits(&self) {
        let mut held = self.held.subscribe();
        let held = timeout(DEADLINE, held.wait_for(|held| *held > 0));
        held.await.expect("something is held up").expect("the gate is there");
    }
}

async fn pass(line: TcpStream, target: Target, mut bars: Bars) {
    let (from, to) = line.into_split();
    if !bars.lifted().await {
        return;
    }
    match target {
        Target::Tcp(address) => {
            let Ok(there) = TcpStream::connect(address).await else { return };
            let (answers, questions) = there.into_split();
            tokio::join!(copy(from, questions, bars.clone()), copy(answers, to, bars));
        }
        Target::Unix(path) => {
            let Ok(there) = UnixStream::connect(path).await else { return };
            let (answers, questions) = there.into_split();
            tokio::join!(copy(from, questions, bars.clone()), copy(answers, to, bars));
        }
    }
}

/// Copies until one side hangs up, or the gate is gone.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut bars: Bars) {
    let mut bytes = [0; 8192];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if !bars.lifted().await || to.write_all(&bytes[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
