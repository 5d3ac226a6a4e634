//! Hints between processes through Redis, if configured. Everything in it is also in PostgreSQL: without Redis,
//! every process finds the rows in its periodic sweep.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use futures_util::StreamExt;
use guichet_engine::hint::{AGAIN, COALESCE, Hints};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{Client, ErrorKind, IntoConnectionInfo, RedisError, RedisResult};
use tokio::time::{sleep, timeout};

use crate::settings::{REDIS_URL, SettingError, plain};

mod address;

/// The channel of all processes.
const CHANNEL: &str = "guichet";
/// How long Redis may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// After so long a silence the other end is probed, and given up after as long again: a vanished machine closes no
/// connection.
const SILENCE: Duration = Duration::from_secs(10);

const NO_PASSWORD: &str =
    "the server asks for a password, and the address has none: write redis://user:password@host:6379";
const WRONG_PASSWORD: &str = "the server does not accept this user and password";

/// A Redis server.
#[derive(Clone)]
pub struct Redis(Client);

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis(***)")
    }
}

impl Redis {
    /// Parses an address: `redis://`, `rediss://` with TLS, or `unix://`.
    ///
    /// # Errors
    /// One sentence that names the variable.
    pub fn parse(url: &str) -> Result<Self, SettingError> {
        address::check(url).map_err(|reason| SettingError::new(REDIS_URL, reason))?;
        // The library's message may contain the password.
        let unreadable = |_: RedisError| SettingError::new(REDIS_URL, address::UNREADABLE);
        let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE / 4).with_retries(4);
        let patient = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
        #[cfg(target_os = "linux")]
        let patient = patient.set_user_timeout(SILENCE * 2);
        let info = url.into_connection_info().map_err(unreadable)?.set_tcp_settings(patient);
        Client::open(info).map(Self).map_err(unreadable)
    }

    /// Host and port, or the path of the socket.
    pub fn place(&self) -> String {
        self.0.get_connection_info().addr().to_string()
    }

    /// A connection for a few commands.
    ///
    /// # Errors
    /// When none can be opened.
    pub async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        self.0.get_multiplexed_async_connection().await
    }

    /// Whether hints get through: what is published on our channel is received there. The others take it for a
    /// hint and look for jobs once.
    ///
    /// # Errors
    /// When the server refuses one of the two, or does not answer.
    pub async fn echo(&self) -> Result<bool, String> {
        let told = async {
            let mut heard = self.0.get_async_pubsub().await?;
            heard.subscribe(CHANNEL).await?;
            let mut conn = self.connect().await?;
            redis::cmd("PUBLISH").arg(CHANNEL).arg("jobs").exec_async(&mut conn).await?;
            Ok(heard)
        };
        let mut heard = match timeout(PATIENCE, told).await {
            Ok(told) => told.map_err(|error| self.told(&error))?,
            Err(_elapsed) => return Err("no answer".to_owned()),
        };
        Ok(timeout(PATIENCE, heard.on_message().next()).await.is_ok_and(|message| message.is_some()))
    }

    /// Connects once.
    ///
    /// # Errors
    /// One sentence that names the variable.
    pub async fn probe(&self) -> Result<(), SettingError> {
        let asked = async {
            let mut conn = self.connect().await?;
            redis::cmd("PING").exec_async(&mut conn).await
        };
        let failed = |reason: String| SettingError::new(REDIS_URL, format!("{reason} at {}", self.place()));
        match timeout(PATIENCE, asked).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(self.told(&error))),
            Err(_elapsed) => Err(failed("no answer".to_owned())),
        }
    }

    /// What an error of the library means, without a secret.
    fn told(&self, error: &RedisError) -> String {
        let redis = self.0.get_connection_info().redis_settings();
        let detail = error.detail().unwrap_or_default().trim();
        match error.code() {
            Some("NOAUTH") => return NO_PASSWORD.to_owned(),
            Some("WRONGPASS") => return WRONG_PASSWORD.to_owned(),
            Some("NOPERM") => {
                return "this user may not do that: it needs PING, PUBLISH and SUBSCRIBE".to_owned();
            }
            _ => {}
        }
        match error.kind() {
            // The library signs in by itself, and keeps no code of what the server answered.
            ErrorKind::AuthenticationFailed if redis.password().is_none() => NO_PASSWORD.to_owned(),
            ErrorKind::AuthenticationFailed => WRONG_PASSWORD.to_owned(),
            ErrorKind::Io => plain(&error.to_string()),
            _ if detail.is_empty() => error.category().to_owned(),
            _ => format!("{}: {detail}", error.category()),
        }
    }

    /// Passes hints in both directions, forever.
    pub async fn relay(&self, hints: &Hints) {
        tokio::join!(self.announce(hints), self.listen(hints));
    }

    async fn announce(&self, hints: &Hints) {
        loop {
            let Err(error) = self.announce_while_connected(hints).await;
            tracing::warn!(error = error.category(), "hints to Redis interrupted; sweeps find the rows");
            sleep(AGAIN).await;
        }
    }

    async fn announce_while_connected(&self, hints: &Hints) -> RedisResult<Infallible> {
        let mut conn = self.0.get_multiplexed_async_connection().await?;
        // Send once on connecting: hints may have been lost with the previous connection.
        let mut messages = vec!["jobs".to_owned()];
        loop {
            for message in messages {
                redis::cmd("PUBLISH").arg(CHANNEL).arg(message).exec_async(&mut conn).await?;
            }
            sleep(COALESCE).await;
            messages = hints.outgoing().await;
        }
    }

    async fn listen(&self, hints: &Hints) {
        loop {
            let error = match self.listen_while_connected(hints).await {
                Ok(()) => "the connection ended".to_owned(),
                Err(error) => error.category().to_owned(),
            };
            tracing::warn!(error, "hints from Redis interrupted; the sweep goes on");
            sleep(AGAIN).await;
        }
    }

    async fn listen_while_connected(&self, hints: &Hints) -> RedisResult<()> {
        let mut heard = self.0.get_async_pubsub().await?;
        heard.subscribe(CHANNEL).await?;
        hints.hear("jobs");
        let mut messages = heard.on_message();
        while let Some(message) = messages.next().await {
            // Others may use the same channel: a payload that is not text is not a hint.
            if let Ok(text) = message.get_payload::<String>() {
                hints.hear(&text);
            }
        }
        Ok(())
    }
}
