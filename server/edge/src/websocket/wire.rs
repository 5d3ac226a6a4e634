//! The connection to a client: messages in both directions, and keepalive.

use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Error as FrameError;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use super::close::Close;
use super::message::{Incoming, Outgoing};
use crate::EdgeSettings;
use crate::metrics::messages_sent;

/// How long closing may take: our close frame, and the client's.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The longest time to send a message: less than a stopping process waits.
const LONGEST: Duration = Duration::from_secs(30);

/// How a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// We close it.
    Ours(Close),
    /// The client closed it, or is gone.
    Theirs,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Ours(close)
    }
}

pub(super) struct Wire<'a> {
    socket: WebSocket,
    settings: &'a EdgeSettings,
    /// When the client last sent anything.
    heard: Instant,
    /// When an idle client was last sent a `ping`.
    asked: Option<Instant>,
}

impl<'a> Wire<'a> {
    pub fn new(socket: WebSocket, settings: &'a EdgeSettings) -> Self {
        Self { socket, settings, heard: Instant::now(), asked: None }
    }

    /// Whether the client uses our subprotocol.
    pub fn is_understood(&self) -> bool {
        self.socket.protocol().is_some()
    }

    /// Receives the client's next message. Safe to cancel: nothing is lost.
    ///
    /// # Errors
    /// When the connection ended, or the message is invalid.
    pub async fn hear(&mut self) -> Result<Incoming, End> {
        loop {
            let message = self.socket.recv().await;
            self.heard = Instant::now();
            match message {
                Some(Ok(Message::Text(text))) => {
                    return Ok(Incoming::read(&text, &self.settings.limits)?);
                }
                Some(Ok(Message::Binary(_))) => {
                    return Err(Close::bad_message("Messages are texts").into());
                }
                // The websocket layer answers websocket pings by itself.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Err(End::Theirs),
                Some(Err(error)) => return Err(self.broken(error)),
            }
        }
    }

    fn broken(&self, error: axum::Error) -> End {
        let error = error.into_inner();
        match error.downcast_ref() {
            Some(FrameError::Capacity(_)) => Close::too_big(self.settings.sockets.message_bytes).into(),
            Some(FrameError::Utf8(_)) => Close::broken_text().into(),
            Some(FrameError::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Theirs,
            Some(FrameError::Protocol(_)) => Close::broken_frame().into(),
            _ => End::Theirs,
        }
    }

    /// Sends messages, all at once.
    ///
    /// # Errors
    /// When the client does not receive them in time, or is gone.
    pub async fn say(&mut self, messages: &[Outgoing<'_>]) -> Result<(), End> {
        let texts: Result<Vec<String>, _> = messages.iter().map(serde_json::to_string).collect();
        // Values of async-graphql only have string keys, so this is a bug in the library.
        let Ok(texts) = texts else { return Err(Close::internal().into()) };
        let limits = &self.settings.sockets;
        let bytes: usize = texts.iter().map(String::len).sum();
        let by_length = Duration::from_secs((bytes / limits.send_rate.max(1)) as u64);
        let patience = LONGEST.min(limits.send + by_length);
        let sent = async {
            for text in texts {
                self.socket.feed(Message::Text(Utf8Bytes::from(text))).await?;
            }
            self.socket.flush().await
        };
        match timeout(patience, sent).await {
            Ok(Ok(())) => {
                messages_sent(messages.len());
                Ok(())
            }
            Ok(Err(_gone)) => Err(End::Theirs),
            Err(_elapsed) => Err(Close::terminated("Messages are not taken").into()),
        }
    }

    /// When to call [`look_after`](Self::look_after) next, unless the client sends something before.
    pub fn next_look(&self) -> Instant {
        let limits = &self.settings.sockets;
        match self.asked {
            Some(asked) if self.heard <= asked => asked + limits.pong,
            _ => self.heard + limits.silence,
        }
    }

    /// Sends an idle client a `ping`.
    ///
    /// # Errors
    /// When it did not answer the previous one.
    pub async fn look_after(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.next_look() > now {
            return Ok(());
        }
        if self.asked.is_some_and(|asked| self.heard <= asked) {
            return Err(Close::terminated("No answer to a ping").into());
        }
        self.asked = Some(now);
        self.say(&[Outgoing::Ping]).await
    }

    /// Closes the connection: sends the reason, and waits briefly for the client's close frame, without which it
    /// may not have read ours.
    pub async fn close(mut self, end: &End) {
        let words = async {
            match end {
                End::Ours(close) => {
                    self.socket.send(Message::Close(Some(close.frame()))).await?;
                    while let Some(Ok(_)) = self.socket.recv().await {}
                    Ok(())
                }
                End::Theirs => self.socket.close().await,
            }
        };
        // A client that is gone needs no close frame.
        let _ = timeout(LAST_WORDS, words).await;
    }
}
