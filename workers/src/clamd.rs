//! The malware scanner clamd, with its protocol (clamd(8), `INSTREAM`).

use std::borrow::Cow;
use std::future::ready;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Time limit for connecting.
const CONNECT: Duration = Duration::from_secs(5);
/// How long it may be silent while it receives a piece of a file.
const PIECE: Duration = Duration::from_secs(120);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(300);
/// Longer than any answer it gives.
const LONGEST_ANSWER: u64 = 4096;

/// A scanner. Clones share what is known about it.
#[derive(Debug, Clone)]
pub struct Clamd {
    place: Place,
    suspected: Arc<Notify>,
}

/// Where a scanner listens.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A host and a port.
    Tcp(String),
    /// The path of a unix socket.
    Unix(PathBuf),
}

/// The scanner's verdict on a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing was found.
    Clean,
    /// Malware with this name was found.
    Infected(String),
}

/// The scanner gave no usable answer. Nothing is known about the file.
#[derive(Debug, thiserror::Error)]
pub enum ClamdError {
    /// It is not reachable, or the connection broke.
    #[error("clamd: {0}")]
    Unreachable(#[from] io::Error),
    /// It did not answer in time.
    #[error("clamd did not answer in time")]
    Silent,
    /// It refused, most often because its `StreamMaxLength` is smaller than the file.
    #[error("clamd refused: {0}")]
    Refused(String),
}

impl Clamd {
    /// Parses `host:port`, or the path of a socket.
    pub fn parse(text: &str) -> Option<Self> {
        let place = if text.starts_with('/') {
            Place::Unix(text.into())
        } else {
            let (host, port) = text.rsplit_once(':')?;
            (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Place::Tcp(text.to_owned()))?
        };
        Some(Self { place, suspected: Arc::default() })
    }

    /// Where it listens, for messages.
    pub fn place(&self) -> Cow<'_, str> {
        match &self.place {
            Place::Tcp(address) => address.as_str().into(),
            Place::Unix(path) => path.to_string_lossy(),
        }
    }

    /// Waits until it has failed to scan a file since the last call.
    pub async fn suspected(&self) {
        self.suspected.notified().await;
    }

    /// Checks that it answers.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), ClamdError> {
        let mut line = self.connect().await?;
        line.write_all(b"zPING\0").await?;
        match answer(&mut line, PIECE).await?.as_str() {
            "PONG" => Ok(()),
            other => Err(ClamdError::Refused(other.to_owned())),
        }
    }

    /// Scans these bytes.
    ///
    /// # Errors
    /// When it gives no answer: nothing is known then.
    pub async fn scan(
        &self,
        bytes: impl Stream<Item = io::Result<Bytes>> + Send,
    ) -> Result<Finding, ClamdError> {
        let found = self.find(bytes).await;
        if found.is_err() {
            self.suspected.notify_one();
        }
        found
    }

    async fn find(&self, bytes: impl Stream<Item = io::Result<Bytes>> + Send) -> Result<Finding, ClamdError> {
        let mut line = self.connect().await?;
        let sent = match send(&mut line, bytes).await {
            Err(ClamdError::Silent) => return Err(ClamdError::Silent),
            sent => sent,
        };
        // It may answer and close the connection early, when it has found something or refuses.
        let told = match answer(&mut line, ANSWER).await {
            Ok(told) => told,
            Err(error) => return Err(sent.err().unwrap_or(error)),
        };
        match told.strip_prefix("stream: ").and_then(|told| told.strip_suffix(" FOUND")) {
            Some(name) => Ok(Finding::Infected(name.to_owned())),
            None if told == "stream: OK" => sent.map(|()| Finding::Clean),
            None if told.is_empty() => Err(sent.err().unwrap_or_else(|| gone().into())),
            None => Err(ClamdError::Refused(told)),
        }
    }

    async fn connect(&self) -> Result<Box<dyn ByteStream>, ClamdError> {
        let connecting = async {
            Ok::<Box<dyn ByteStream>, io::Error>(match &self.place {
                Place::Tcp(address) => Box::new(TcpStream::connect(address).await?),
                Place::Unix(path) => Box::new(UnixStream::connect(path).await?),
            })
        };
        Ok(timeout(CONNECT, connecting).await.map_err(|_| ClamdError::Silent)??)
    }
}

/// A connection of either kind.
trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// Sends each chunk after its length, and an empty one at the end.
async fn send(
    line: &mut Box<dyn ByteStream>,
    bytes: impl Stream<Item = io::Result<Bytes>> + Send,
) -> Result<(), ClamdError> {
    // Empty chunks are skipped, because one marks the end.
    let mut bytes = std::pin::pin!(bytes.try_filter(|chunk| ready(!chunk.is_empty())));
    line.write_all(b"zINSTREAM\0").await?;
    loop {
        let chunk = bytes.next().await.transpose()?.unwrap_or_default();
        let length = u32::try_from(chunk.len()).map_err(io::Error::other)?;
        let piece = [&length.to_be_bytes(), &*chunk].concat();
        timeout(PIECE, line.write_all(&piece)).await.map_err(|_| ClamdError::Silent)??;
        if chunk.is_empty() {
            return Ok(line.flush().await?);
        }
    }
}

fn gone() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

async fn answer(line: &mut Box<dyn ByteStream>, within: Duration) -> Result<String, ClamdError> {
    let mut bytes = Vec::new();
    let mut limited = line.take(LONGEST_ANSWER);
    let read = timeout(within, limited.read_to_end(&mut bytes)).await.map_err(|_| ClamdError::Silent)?;
    read?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\0').trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clean verdict counts only after all bytes were sent; a finding always counts.
    #[tokio::test]
    async fn a_file_is_clean_when_it_was_seen_in_full() {
        for (told, expected) in [
            ("stream: OK\0", None),
            ("stream: Test.Virus FOUND\0", Some(Finding::Infected("Test.Virus".to_owned()))),
        ] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let clamd = Clamd::parse(&listener.local_addr().unwrap().to_string()).unwrap();
            let broken = [Ok(Bytes::from_static(b"half")), Err(io::Error::other("the rest cannot be read"))];
            let answering = async {
                let (mut line, _) = listener.accept().await.unwrap();
                line.read_exact(&mut [0; 18]).await.unwrap();
                line.write_all(told.as_bytes()).await.unwrap();
            };
            let (found, ()) = tokio::join!(clamd.scan(futures_util::stream::iter(broken)), answering);
            assert_eq!(found.ok(), expected, "{told}");
        }
    }

    #[test]
    fn addresses() {
        let place = |text| Clamd::parse(text).map(|clamd| clamd.place);
        assert_eq!(place("/run/clamav/clamd.ctl"), Some(Place::Unix("/run/clamav/clamd.ctl".into())));
        assert_eq!(place("clamd:3310"), Some(Place::Tcp("clamd:3310".to_owned())));
        assert_eq!(place("[::1]:3310"), Some(Place::Tcp("[::1]:3310".to_owned())));
        for wrong in ["", "clamd", ":3310", "clamd:", "clamd:99999", "run/clamd"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
