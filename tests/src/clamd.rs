//! A scanner that speaks clamd's protocol and detects one virus.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use guichet_workers::clamd::Clamd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What the scanner reports as malware.
pub const VIRUS: &[u8] = b"X5O!-a-virus-for-tests";
/// What every scanner reports as malware, in part.
const EICAR: &[u8] = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE";

/// A scanner, stopped on drop.
#[derive(Debug)]
pub struct FakeClamd {
    address: SocketAddr,
    /// The number of files it scanned.
    scanned: Arc<AtomicUsize>,
    away: Arc<AtomicBool>,
    serving: AbortHandle,
}

impl FakeClamd {
    /// Starts one.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("the socket is bound");
        let (scanned, away) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (counts, leaves) = (Arc::clone(&scanned), Arc::clone(&away));
        let serving = tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                if leaves.load(Ordering::SeqCst) {
                    continue;
                }
                let counts = Arc::clone(&counts);
                tokio::spawn(async move {
                    // A client that disconnects already has its answer.
                    let _ = serve(line, &counts).await;
                });
            }
        });
        Self { address, scanned, away, serving: serving.abort_handle() }
    }

    /// Its address, as in `CLAMD_ADDRESS`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// A client of it.
    ///
    /// # Panics
    /// Never: its address is valid.
    pub fn clamd(&self) -> Clamd {
        Clamd::parse(&self.address()).expect("an address")
    }

    /// Makes it disconnect every client, or stop doing so.
    pub fn leave(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// The number of files it scanned.
    pub fn scanned(&self) -> usize {
        self.scanned.load(Ordering::SeqCst)
    }
}

impl Drop for FakeClamd {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut line: TcpStream, scanned: &AtomicUsize) -> std::io::Result<()> {
    let mut command = Vec::new();
    loop {
        match line.read_u8().await? {
            0 => break,
            byte => command.push(byte),
        }
    }
    if command == b"zPING" {
        return line.write_all(b"PONG\0").await;
    }
    let mut content = Vec::new();
    loop {
        let length = line.read_u32().await? as usize;
        if length == 0 {
            break;
        }
        let begin = content.len();
        content.resize(begin + length, 0);
        line.read_exact(&mut content[begin..]).await?;
    }
    scanned.fetch_add(1, Ordering::SeqCst);
    let has = |sign: &[u8]| content.windows(sign.len()).any(|part| part == sign);
    let is_infected = has(VIRUS) || has(EICAR);
    let answer: &[u8] = if is_infected { b"stream: Test.Virus FOUND\0" } else { b"stream: OK\0" };
    line.write_all(answer).await
}
