//! The malware scanner clamd, by its own protocol (clamd(8), `INSTREAM`).

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the scanner may think without a word.
const SILENCE: Duration = Duration::from_secs(120);
/// Longer answers than any that it gives.
const LONGEST_ANSWER: u64 = 4096;

/// Where the scanner listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clamd {
    /// Host and port.
    Tcp(String),
    /// The path of a socket.
    Unix(PathBuf),
}

/// What the scanner says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing.
    Clean,
    /// That it is malware, by this name.
    Infected(String),
}

/// The scanner did not answer, or not to the question. Nothing is known of the file.
#[derive(Debug, thiserror::Error)]
pub enum ClamdError {
    /// It is not there, or went away.
    #[error("clamd: {0}")]
    Unreachable(#[from] io::Error),
    /// It took too long.
    #[error("clamd did not answer in time")]
    Silent,
    /// It refused, most often because its `StreamMaxLength` is smaller than the file.
    #[error("clamd refused: {0}")]
    Refused(String),
}

impl Clamd {
    /// Reads `host:port`, or the path of a socket.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return Some(Self::Unix(text.into()));
        }
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Self::Tcp(text.to_owned()))
    }

    /// Asks whether it is there.
    ///
    /// # Errors
    /// When it is not.
    pub async fn ping(&self) -> Result<(), ClamdError> {
        let mut line = self.connect().await?;
        line.write_all(b"zPING\0").await?;
        match answer(&mut line).await?.as_str() {
            "PONG" => Ok(()),
            other => Err(ClamdError::Refused(other.to_owned())),
        }
    }

    /// Has it look at these bytes.
    ///
    /// # Errors
    /// When it does not answer: nothing is known then.
    pub async fn scan(
        &self,
        bytes: impl Stream<Item = io::Result<Bytes>> + Send,
    ) -> Result<Finding, ClamdError> {
        let mut line = self.connect().await?;
        // It may answer and hang up before it has everything.
        let sent = timeout(SILENCE, send(&mut line, bytes)).await.map_err(|_| ClamdError::Silent)?;
        match (answer(&mut line).await, sent) {
            (Ok(told), _) if told == "stream: OK" => Ok(Finding::Clean),
            (Ok(told), sent) => {
                match told.strip_prefix("stream: ").and_then(|told| told.strip_suffix(" FOUND")) {
                    Some(name) => Ok(Finding::Infected(name.to_owned())),
                    None if told.is_empty() => {
                        Err(sent.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()).into())
                    }
                    None => Err(ClamdError::Refused(told)),
                }
            }
            (Err(error), Ok(())) => Err(error),
            (Err(_), Err(error)) => Err(error.into()),
        }
    }

    async fn connect(&self) -> Result<Box<dyn Line>, ClamdError> {
        let connecting = async {
            Ok::<Box<dyn Line>, io::Error>(match self {
                Self::Tcp(address) => Box::new(TcpStream::connect(address).await?),
                Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
            })
        };
        Ok(timeout(CONNECT, connecting).await.map_err(|_| ClamdError::Silent)??)
    }
}

/// A connection of either kind.
trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// Sends each chunk behind its length, and an empty one at the end.
async fn send(
    line: &mut Box<dyn Line>,
    bytes: impl Stream<Item = io::Result<Bytes>> + Send,
) -> io::Result<()> {
    let mut bytes = std::pin::pin!(bytes);
    line.write_all(b"zINSTREAM\0").await?;
    while let Some(chunk) = bytes.next().await.transpose()? {
        let length = u32::try_from(chunk.len()).map_err(io::Error::other)?;
        line.write_all(&length.to_be_bytes()).await?;
        line.write_all(&chunk).await?;
    }
    line.write_all(&[0; 4]).await?;
    line.flush().await
}

async fn answer(line: &mut Box<dyn Line>) -> Result<String, ClamdError> {
    let mut bytes = Vec::new();
    let mut limited = line.take(LONGEST_ANSWER);
    let read = timeout(SILENCE, limited.read_to_end(&mut bytes)).await.map_err(|_| ClamdError::Silent)?;
    read?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\0').trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(Clamd::parse("/run/clamav/clamd.ctl"), Some(Clamd::Unix("/run/clamav/clamd.ctl".into())));
        assert_eq!(Clamd::parse("clamd:3310"), Some(Clamd::Tcp("clamd:3310".to_owned())));
        assert_eq!(Clamd::parse("[::1]:3310"), Some(Clamd::Tcp("[::1]:3310".to_owned())));
        for wrong in ["", "clamd", ":3310", "clamd:", "clamd:99999", "run/clamd"] {
            assert_eq!(Clamd::parse(wrong), None, "{wrong}");
        }
    }
}
