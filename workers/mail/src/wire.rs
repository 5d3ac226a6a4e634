//! The socket of a session: first unencrypted, then TLS, under the same lettre connection.

use std::{
    io, mem,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use futures_util::FutureExt;
use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::readable::Readable;

/// Most bytes read at once.
const PIECE: usize = 512;

/// The parameters of a TLS handshake: the trusted authorities, and the expected name in the certificate.
#[derive(Debug, Clone)]
pub struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
}

/// A handle to the socket. lettre's connection holds one clone and the session another, so that the session can
/// start TLS and see whether the server sent anything. One task owns both, so the lock never waits.
#[derive(Debug, Clone)]
pub(super) struct Wire(Arc<Mutex<ReplyLine>>);

#[derive(Debug)]
struct ReplyLine {
    stream: Stream,
    heard: Readable,
}

#[derive(Debug)]
enum Stream {
    Clear(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
    /// During a handshake, or after a failed one.
    Gone,
}

impl Wire {
    /// An unencrypted wire over an open socket.
    pub fn new(tcp: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(ReplyLine { stream: Stream::Clear(tcp), heard: Readable::default() })))
    }

    /// Performs the TLS handshake. After an error the wire cannot be used.
    pub async fn encrypt(&self, tls: &Tls) -> io::Result<()> {
        let Stream::Clear(tcp) = mem::replace(&mut self.lock().stream, Stream::Gone) else {
            return Err(io::Error::other("already encrypted"));
        };
        let stream = TlsConnector::from(tls.config.clone()).connect(tls.name.clone(), tcp).await?;
        *self.lock() = ReplyLine { stream: Stream::Encrypted(Box::new(stream)), heard: Readable::default() };
        Ok(())
    }

    /// Whether an idle server has sent nothing and not hung up. Anything it sends now (a late reply, a goodbye)
    /// would be read as the reply to the next command.
    pub fn is_quiet(&self) -> bool {
        let line = self.lock();
        let tcp = match &line.stream {
            Stream::Clear(tcp) => tcp,
            Stream::Encrypted(tls) => tls.get_ref().0,
            Stream::Gone => return false,
        };
        tcp.peek(&mut [0]).now_or_never().is_none()
    }

    fn lock(&self) -> MutexGuard<'_, ReplyLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads at most one line: nothing sent before the handshake may wait in lettre's buffer and pass for a reply
/// given after it (RFC 3207, 4.2). What is left on the socket makes the handshake fail.
fn poll_line(tcp: &mut TcpStream, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    let mut bytes = [0; PIECE];
    let room = buf.remaining().min(bytes.len());
    let mut seen = ReadBuf::new(&mut bytes[..room]);
    let count = ready!(tcp.poll_peek(cx, &mut seen))?;
    if count == 0 {
        return Poll::Ready(Ok(()));
    }
    let line = seen.filled().iter().position(|byte| *byte == b'\n').map_or(count, |at| at + 1);
    let mut taken = ReadBuf::new(&mut bytes[..line]);
    ready!(Pin::new(tcp).poll_read(cx, &mut taken))?;
    buf.put_slice(taken.filled());
    Poll::Ready(Ok(()))
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let ReplyLine { stream, heard } = &mut *self.lock();
        let mut bytes = [0; PIECE];
        // Room for what was held back; lettre reads kilobytes at a time.
        let room = buf.remaining().saturating_sub(Readable::HELD).min(bytes.len());
        loop {
            let mut piece = ReadBuf::new(&mut bytes[..room]);
            ready!(match stream {
                Stream::Clear(tcp) => poll_line(tcp, cx, &mut piece),
                Stream::Encrypted(tls) => Pin::new(tls).poll_read(cx, &mut piece),
                Stream::Gone => Poll::Ready(Err(gone())),
            })?;
            let text = heard.mend(piece.filled());
            // Zero bytes mean the end; when all bytes were held back, more will follow.
            if !text.is_empty() || piece.filled().is_empty() {
                buf.put_slice(text.as_bytes());
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.lock().stream {
            Stream::Clear(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Encrypted(tls) => Pin::new(tls).poll_write(cx, buf),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().stream {
            Stream::Clear(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Encrypted(tls) => Pin::new(tls).poll_flush(cx),
            Stream::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().stream {
            Stream::Clear(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Encrypted(tls) => Pin::new(tls).poll_shutdown(cx),
            Stream::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.lock().stream {
            Stream::Clear(tcp) => tcp.peer_addr(),
            Stream::Encrypted(tls) => tls.get_ref().0.peer_addr(),
            Stream::Gone => Err(gone()),
        }
    }
}
