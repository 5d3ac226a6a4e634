//! Hints between processes through Redis, if configured. Everything in it is also in PostgreSQL: without Redis,
//! every process finds the rows in its periodic sweep.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use guichet_base::foreign;
use guichet_engine::hint::{AGAIN, COALESCE, Hints};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    Client, ErrorKind, IntoConnectionInfo, RedisConnectionInfo, RedisError, RedisResult, ServerErrorKind,
};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::settings::{PartError, REDIS_URL, SettingError, plain};

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

/// A Redis server. Clones share what is known about it.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    suspected: Arc<Notify>,
}

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
        let client = Client::open(info).map_err(unreadable)?;
        Ok(Self { client, suspected: Arc::default() })
    }

    /// Host and port, or the path of the socket.
    pub fn place(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// A connection for a few commands.
    ///
    /// # Errors
    /// When none can be opened.
    pub async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        self.client.get_multiplexed_async_connection().await
    }

    /// Whether hints get through: what is published on our channel is received there. The others take it for a
    /// hint and look for jobs once.
    ///
    /// # Errors
    /// When the server refuses one of the two, or does not answer.
    pub async fn echo(&self) -> Result<bool, String> {
        let told = async {
            let mut heard = self.client.get_async_pubsub().await?;
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

    /// Sends a hint that says nothing, and listens for hints.
    ///
    /// # Errors
    /// One sentence that names the variable.
    pub async fn probe(&self) -> Result<(), PartError> {
        let asked = async {
            let mut conn = self.connect().await?;
            redis::cmd("PUBLISH").arg(CHANNEL).arg("").exec_async(&mut conn).await?;
            self.client.get_async_pubsub().await?.subscribe(CHANNEL).await
        };
        match timeout(PATIENCE, asked).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if is_refusal(&error) && !self.is_full(&error).await => {
                Err(PartError::Refused(self.failed(&self.told(&error))))
            }
            Ok(Err(error)) => Err(PartError::Away(self.failed(&self.told(&error)))),
            Err(_elapsed) => Err(PartError::Away(self.failed("no answer"))),
        }
    }

    /// Whether a refused password was not even read: a Redis with too many clients gives the same answer to everything,
    /// and the library does not pass it on.
    async fn is_full(&self, error: &RedisError) -> bool {
        if error.kind() != ErrorKind::AuthenticationFailed {
            return false;
        }
        let stranger = async {
            let info = self.client.get_connection_info().clone();
            let client = Client::open(info.set_redis_settings(RedisConnectionInfo::default()))?;
            let mut conn = client.get_multiplexed_async_connection().await?;
            redis::cmd("PING").exec_async(&mut conn).await
        };
        match timeout(PATIENCE, stranger).await {
            Ok(Err(error)) => error.is_io_error() || is_about_clients(&error),
            Ok(Ok(())) => false,
            Err(_elapsed) => true,
        }
    }

    fn failed(&self, reason: &str) -> SettingError {
        SettingError::new(REDIS_URL, format!("{reason} at {}", self.place()))
    }

    /// What an error of the library means, without a secret.
    fn told(&self, error: &RedisError) -> String {
        let redis = self.client.get_connection_info().redis_settings();
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
            ErrorKind::Parse => "what answers is no Redis".to_owned(),
            _ => told(error),
        }
    }

    /// Waits until a connection was lost, or could not be made, since the last call.
    pub async fn suspected(&self) {
        self.suspected.notified().await;
    }

    /// Passes hints in both directions, forever. What is lost meanwhile is found by sweeps.
    pub async fn relay(&self, hints: &Hints) {
        tokio::join!(self.announce(hints), self.listen(hints));
    }

    async fn announce(&self, hints: &Hints) {
        loop {
            let Err(error) = self.announce_while_connected(hints).await;
            self.interrupted("to", &told(&error)).await;
        }
    }

    async fn listen(&self, hints: &Hints) {
        loop {
            let reason = match self.listen_while_connected(hints).await {
                Ok(()) => "the connection ended".to_owned(),
                Err(error) => told(&error),
            };
            self.interrupted("from", &reason).await;
        }
    }

    /// Whether Redis is away is found out, and logged once, by [`Parts`](crate::parts::Parts).
    async fn interrupted(&self, direction: &str, reason: &str) {
        tracing::debug!(direction, reason, "hints are interrupted");
        self.suspected.notify_one();
        sleep(AGAIN).await;
    }

    async fn announce_while_connected(&self, hints: &Hints) -> RedisResult<Infallible> {
        let mut conn = self.client.get_multiplexed_async_connection().await?;
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

    async fn listen_while_connected(&self, hints: &Hints) -> RedisResult<()> {
        let mut heard = self.client.get_async_pubsub().await?;
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

/// Whether Redis is there and does not accept our settings: user, password, rights, database, certificate; or what is
/// there is no Redis.
fn is_refusal(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::Parse
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::Server(ServerErrorKind::NoPerm) => true,
        // "ERR" is the code of many answers; of those that we can get, only this one passes.
        ErrorKind::Server(ServerErrorKind::ResponseError) => !is_about_clients(error),
        ErrorKind::Extension => matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "DENIED")),
        // Certificates and TLS are refused by rustls, sockets by the system.
        ErrorKind::Io => {
            let text = error.to_string();
            ["certificate", "corrupt message", "fatal alert", "peer is incompatible", "Permission denied"]
                .iter()
                .any(|sign| text.contains(sign))
        }
        _ => false,
    }
}

fn is_about_clients(error: &RedisError) -> bool {
    error.detail().is_some_and(|detail| detail.contains("max number of clients"))
}

/// What went wrong, without the address, which the sentence ends with.
fn told(error: &RedisError) -> String {
    match (error.category(), error.code(), error.detail()) {
        (_, Some(code), Some(detail)) => foreign::listed(&format!("{code} {detail}")),
        (_, Some(code), None) => code.to_owned(),
        (category, None, Some(detail)) => foreign::listed(&format!("{category}: {detail}")),
        (_, None, None) => plain(&foreign::listed(&error.to_string())),
    }
}
