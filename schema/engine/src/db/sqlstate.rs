//! The codes of PostgreSQL's errors (SQLSTATE). diesel keeps the message of an error, which is in the language of the
//! server, and drops most codes. So the code is written in front of each message as it arrives, and
//! [`guichet_base::error`] reads it there.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use guichet_base::error::with_sqlstate;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// The type of a message that reports an error.
const ERROR: u8 = b'E';
/// The type and the length at the start of each message.
const HEAD: usize = 5;

/// A stream from a server, on which each reported error has its code in front of its message.
pub(super) struct Coded<S> {
    inner: S,
    binding: fn(&S) -> ChannelBinding,
    framing: Framing,
    /// What was read and is not delivered yet.
    rest: Vec<u8>,
    delivered: usize,
}

impl<S> Coded<S> {
    /// A stream without TLS.
    pub fn plain(inner: S) -> Self {
        Self::bound(inner, |_| ChannelBinding::none())
    }

    fn bound(inner: S, binding: fn(&S) -> ChannelBinding) -> Self {
        Self { inner, binding, framing: Framing::default(), rest: Vec::new(), delivered: 0 }
    }
}

/// Where the next byte belongs: to the head of a message, or to a body of which so many bytes are left.
#[derive(Debug, Default)]
struct Framing {
    head: Vec<u8>,
    left: usize,
    /// The body of an error, as far as it has arrived; none within any other message.
    error: Option<Vec<u8>>,
}

impl Framing {
    /// Whether these bytes can be delivered as they are: no error begins in them, and none is open.
    fn passes(&mut self, bytes: &[u8]) -> bool {
        if self.error.is_some() || self.head.first() == Some(&ERROR) {
            return false;
        }
        let (head, left) = (self.head.clone(), self.left);
        let mut at = 0;
        while at < bytes.len() {
            if self.left > 0 {
                let taken = self.left.min(bytes.len() - at);
                self.left -= taken;
                at += taken;
                continue;
            }
            if self.head.is_empty() && bytes[at] == ERROR {
                (self.head, self.left) = (head, left);
                return false;
            }
            self.head.push(bytes[at]);
            at += 1;
            self.end_head();
        }
        true
    }

    /// The same bytes with the codes of errors; an error is kept back until it is complete.
    fn rewrite(&mut self, bytes: &[u8], to: &mut Vec<u8>) {
        let mut at = 0;
        while at < bytes.len() {
            if self.left > 0 {
                let taken = self.left.min(bytes.len() - at);
                let part = &bytes[at..at + taken];
                match &mut self.error {
                    Some(body) => body.extend_from_slice(part),
                    None => to.extend_from_slice(part),
                }
                self.left -= taken;
                at += taken;
                if self.left == 0
                    && let Some(body) = self.error.take()
                {
                    write_error(&body, to);
                }
                continue;
            }
            self.head.push(bytes[at]);
            let is_error = self.head[0] == ERROR;
            if !is_error {
                to.push(bytes[at]);
            }
            at += 1;
            if self.end_head() && is_error {
                self.error = Some(Vec::with_capacity(self.left));
            }
        }
    }

    /// Begins the body after a complete head; returns whether it was complete.
    fn end_head(&mut self) -> bool {
        let Some(length) = self.head.get(1..HEAD) else { return false };
        let length = u32::from_be_bytes(length.try_into().unwrap_or_default());
        // The length counts itself.
        self.left = (length as usize).saturating_sub(HEAD - 1);
        self.head.clear();
        true
    }
}

/// Writes an error with its code: fields of a type and a text that ends with a zero, and a zero at the end.
fn write_error(body: &[u8], to: &mut Vec<u8>) {
    let fields = || body.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    let code = fields().find_map(|field| field.strip_prefix(b"C")).unwrap_or_default();
    let code = String::from_utf8_lossy(code);
    let mut coded = Vec::with_capacity(body.len() + 32);
    for field in fields() {
        match field.strip_prefix(b"M") {
            Some(message) => {
                coded.push(b'M');
                coded.extend_from_slice(with_sqlstate(&code, "").as_bytes());
                coded.extend_from_slice(message);
            }
            None => coded.extend_from_slice(field),
        }
        coded.push(0);
    }
    coded.push(0);
    to.push(ERROR);
    let length = u32::try_from(coded.len() + HEAD - 1).unwrap_or(u32::MAX);
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(&coded);
}

impl<S: AsyncRead + Unpin> AsyncRead for Coded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.delivered < this.rest.len() {
                let part = &this.rest[this.delivered..];
                let part = &part[..part.len().min(to.remaining())];
                to.put_slice(part);
                this.delivered += part.len();
                return Poll::Ready(Ok(()));
            }
            this.rest.clear();
            this.delivered = 0;
            let before = to.filled().len();
            ready!(Pin::new(&mut this.inner).poll_read(cx, to))?;
            let read = &to.filled()[before..];
            if read.is_empty() || this.framing.passes(read) {
                return Poll::Ready(Ok(()));
            }
            this.framing.rewrite(read, &mut this.rest);
            to.set_filled(before);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Coded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Coded<S> {
    fn channel_binding(&self) -> ChannelBinding {
        (self.binding)(&self.inner)
    }
}

/// TLS with codes on the decrypted stream.
#[derive(Debug, Clone)]
pub(super) struct WithCodes<T>(pub T);

impl<S, T: MakeTlsConnect<S>> MakeTlsConnect<S> for WithCodes<T>
where
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<S>>::Future: Send + 'static,
{
    type Stream = Coded<T::Stream>;
    type TlsConnect = WithCodes<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, T::Error> {
        self.0.make_tls_connect(domain).map(WithCodes)
    }
}

impl<S, T: TlsConnect<S>> TlsConnect<S> for WithCodes<T>
where
    T::Future: Send + 'static,
{
    type Stream = Coded<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, T::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.0.connect(stream);
        Box::pin(
            async move { connecting.await.map(|stream| Coded::bound(stream, TlsStream::channel_binding)) },
        )
    }
}

/// No TLS: the place of the handshake is taken by nothing, so that the stream can be given its codes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain;

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Plain {
    type Stream = Coded<S>;
    type TlsConnect = Self;
    type Error = std::convert::Infallible;

    fn make_tls_connect(&mut self, _: &str) -> Result<Self, Self::Error> {
        Ok(Self)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Plain {
    type Stream = Coded<S>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Coded<S>, Self::Error>>;

    fn connect(self, stream: S) -> Self::Future {
        std::future::ready(Ok(Coded::plain(stream)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use guichet_base::error::sqlstate;
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::*;

    /// A stream that delivers these parts one by one.
    struct Parts(VecDeque<Vec<u8>>);

    impl AsyncRead for Parts {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            to: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if let Some(mut part) = self.0.pop_front() {
                let later = part.split_off(part.len().min(to.remaining()));
                to.put_slice(&part);
                if !later.is_empty() {
                    self.0.push_front(later);
                }
            }
            Poll::Ready(Ok(()))
        }
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    fn error(code: &str, message_text: &str) -> Vec<u8> {
        message(ERROR, format!("SFATAL\0VFATAL\0C{code}\0M{message_text}\0Fpostgres.c\0\0").as_bytes())
    }

    async fn read(parts: Vec<Vec<u8>>) -> Vec<u8> {
        let mut all = Vec::new();
        Coded::plain(Parts(parts.into())).read_to_end(&mut all).await.unwrap();
        all
    }

    #[tokio::test]
    async fn an_error_gets_its_code() {
        let sent = [message(b'Z', b"I"), error("57P01", "arrêt de la connexion"), message(b'Z', b"I")];
        let got = read(vec![sent.concat()]).await;
        let expected = [
            message(b'Z', b"I"),
            error("57P01", "SQLSTATE 57P01: arrêt de la connexion"),
            message(b'Z', b"I"),
        ];
        assert_eq!(got, expected.concat());
        assert_eq!(sqlstate("SQLSTATE 57P01: arrêt de la connexion"), Some("57P01"));
    }

    proptest! {
        /// However the bytes arrive, the same messages are delivered, and only errors differ.
        #[test]
        fn parts_make_no_difference(
            bodies in proptest::collection::vec((proptest::sample::select(b"ZDTE".to_vec()), "[a-zE]{0,20}"), 0..8),
            sizes in proptest::collection::vec(1usize..9, 1..60),
        ) {
            let sent: Vec<u8> = bodies
                .iter()
                .flat_map(|(kind, body)| match *kind {
                    ERROR => error("53100", body),
                    kind => message(kind, body.as_bytes()),
                })
                .collect();
            let expected: Vec<u8> = bodies
                .iter()
                .flat_map(|(kind, body)| match *kind {
                    ERROR => error("53100", &with_sqlstate("53100", body)),
                    kind => message(kind, body.as_bytes()),
                })
                .collect();
            let (mut parts, mut at) = (Vec::new(), 0);
            for size in sizes.iter().cycle() {
                if at >= sent.len() {
                    break;
                }
                let end = sent.len().min(at + size);
                parts.push(sent[at..end].to_vec());
                at = end;
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(runtime.block_on(read(parts)), expected);
        }
    }
}
