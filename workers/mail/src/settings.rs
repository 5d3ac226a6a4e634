//! The settings of the relay: `SMTP_URL`.

use std::{fmt, time::Duration};

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{session::Session, trust, wire::Tls};

/// A setting that cannot be used. One sentence that names the variable and contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}.")]
pub struct SettingError {
    variable: &'static str,
    problem: String,
}

impl SettingError {
    pub(super) fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

const SMTP_URL: &str = "SMTP_URL";

fn wrong(problem: impl Into<String>) -> SettingError {
    SettingError::new(SMTP_URL, problem)
}

/// How the connection is protected.
#[derive(Debug, Clone)]
pub enum Security {
    /// `smtp://`: no encryption. For a relay on the same machine or network.
    Clear,
    /// `smtp+starttls://`: TLS by STARTTLS (RFC 3207), and nothing is sent without it.
    StartTls(Tls),
    /// `smtps://`: TLS from the first byte (RFC 8314).
    Implicit(Tls),
}

/// The time limit of each step of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Name lookup and opening the socket, each.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// Greeting and EHLO. Some servers delay unknown clients here.
    pub greeting: Duration,
    /// Each exchange of AUTH.
    pub auth: Duration,
    /// STARTTLS, MAIL FROM, RCPT TO and DATA, each.
    pub command: Duration,
    /// The body and the reply to its final dot. Long, because a mail that we give up and the server then accepts
    /// is sent twice (RFC 5321, 4.5.3.2.6 asks for ten minutes).
    pub end_of_data: Duration,
    /// RSET of an idle session. Short, because a new session can be opened.
    pub probe: Duration,
    /// QUIT.
    pub quit: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(15),
            tls: seconds(15),
            greeting: seconds(60),
            auth: seconds(30),
            command: seconds(60),
            end_of_data: seconds(600),
            probe: seconds(5),
            quit: seconds(2),
        }
    }
}

impl Limits {
    /// The same limits, each at most `most`.
    #[must_use]
    pub fn at_most(self, most: Duration) -> Self {
        Self {
            connect: self.connect.min(most),
            tls: self.tls.min(most),
            greeting: self.greeting.min(most),
            auth: self.auth.min(most),
            command: self.command.min(most),
            end_of_data: self.end_of_data.min(most),
            probe: self.probe.min(most),
            quit: self.quit.min(most),
        }
    }

    /// The longest time for one mail once it has a session: a dead idle session, then every step of a new one at
    /// its limit. A job that sends must have a longer limit.
    pub fn total(&self) -> Duration {
        let dead = self.probe + self.command + self.quit;
        let open = 2 * self.connect + self.tls + 2 * self.greeting + self.command + 3 * self.auth;
        dead + open + 3 * self.command + self.end_of_data
    }
}

/// A relay and how to use it.
#[derive(Clone)]
pub struct SmtpSettings {
    /// The host name or address of the relay.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The encryption.
    pub security: Security,
    /// User and password, if the relay requires them.
    pub credentials: Option<Credentials>,
    /// The EHLO name; by default our address on the socket.
    pub hello: Option<String>,
    /// Most concurrent sessions.
    pub sessions: usize,
    /// Mails after which a session is closed.
    pub mails_per_session: u32,
    /// How long a session may be idle before it is closed (at most half as much longer).
    pub idle: Duration,
    /// Idle time after which a session is probed with RSET.
    pub probe_after: Duration,
    /// The limits of the steps.
    pub limits: Limits,
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpSettings({})", self.place())
    }
}

impl SmtpSettings {
    /// Parses `SMTP_URL`: `smtp://`, `smtp+starttls://` or `smtps://`, then `[user:password@]host[:port]` with
    /// user and password percent-encoded, then `?` and any of `sessions` (1–100, default 4), `ca` (a PEM file of
    /// the only authority to trust instead of the system's), `hello` (the EHLO name) and `timeout` (seconds, the
    /// longest time for any step), joined by `&`.
    ///
    /// # Errors
    /// One sentence that names `SMTP_URL`. Fail: trying again does not help.
    pub fn parse(text: &str) -> Result<Self, SettingError> {
        let url = Url::parse(text).map_err(|error| wrong(format!("this is no URL: {error}")))?;
        let host = match url.host() {
            Some(url::Host::Domain(name)) if !name.is_empty() => decode(name)?,
            Some(url::Host::Ipv4(address)) => address.to_string(),
            Some(url::Host::Ipv6(address)) => address.to_string(),
            _ => return Err(wrong("the host is missing")),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(wrong("nothing but parameters after `?` may follow host and port"));
        }
        let query = Query::read(&url)?;
        let tls = || trust::tls(&host, query.ca.as_deref()).map_err(wrong);
        let (security, port) = match url.scheme() {
            "smtp" => (Security::Clear, 25),
            "smtp+starttls" => (Security::StartTls(tls()?), 587),
            "smtps" => (Security::Implicit(tls()?), 465),
            _ => return Err(wrong("the scheme must be `smtp`, `smtp+starttls` or `smtps`")),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (_, None) => return Err(wrong("there is a user but no password")),
            (user, Some(password)) => Some(Credentials::new(decode(user)?, decode(password)?)),
        };
        Ok(Self {
            port: url.port().unwrap_or(port),
            host,
            security,
            credentials,
            hello: query.hello,
            sessions: query.sessions.unwrap_or(4),
            mails_per_session: 100,
            idle: Duration::from_secs(30),
            probe_after: Duration::from_secs(1),
            limits: query.timeout.map_or_else(Limits::default, |most| Limits::default().at_most(most)),
        })
    }

    /// Connects, greets, encrypts, signs in and quits: the check at the start.
    ///
    /// # Errors
    /// One sentence that names `SMTP_URL`, the relay and the failed step.
    pub async fn probe(&self) -> Result<(), SettingError> {
        let opened = Session::open(self).await;
        let session =
            opened.map_err(|trouble| wrong(format!("{} does not work: {trouble}", self.place())))?;
        session.quit().await;
        let local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if matches!(self.security, Security::Clear) && self.credentials.is_some() && !local {
            tracing::warn!(
                "SMTP_URL sends user and password in clear; smtp+starttls:// or smtps:// would not"
            );
        }
        Ok(())
    }

    /// Host and port, for messages.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn decode(text: &str) -> Result<String, SettingError> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_| wrong("what is percent-encoded must be UTF-8"))?.into_owned())
}

#[derive(Default)]
struct Query {
    sessions: Option<usize>,
    ca: Option<String>,
    hello: Option<String>,
    timeout: Option<Duration>,
}

impl Query {
    fn read(url: &Url) -> Result<Self, SettingError> {
        let mut query = Self::default();
        for (name, value) in url.query_pairs() {
            match &*name {
                "sessions" => {
                    let number = value.parse().ok().filter(|number| (1..=100).contains(number));
                    query.sessions = Some(number.ok_or_else(|| wrong("`sessions` must be 1 to 100"))?);
                }
                "ca" => query.ca = Some(value.into_owned()),
                "hello" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic()) => {
                    query.hello = Some(value.into_owned());
                }
                "hello" => return Err(wrong("`hello` must be a host name")),
                "timeout" => {
                    let seconds = value.parse().ok().filter(|seconds| (1..=600).contains(seconds));
                    let seconds = seconds.ok_or_else(|| wrong("`timeout` must be 1 to 600 seconds"))?;
                    query.timeout = Some(Duration::from_secs(seconds));
                }
                _ => return Err(wrong(format!("there is no parameter `{name}`"))),
            }
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_url() {
        let settings = SmtpSettings::parse(
            "smtps://m%40il:p%3Ass@relay.example:1465?sessions=7&hello=me.example&timeout=2",
        )
        .expect("valid");
        assert!(matches!(settings.security, Security::Implicit(_)));
        assert_eq!(settings.place(), "relay.example:1465");
        assert_eq!(settings.credentials, Some(Credentials::new("m@il".to_owned(), "p:ss".to_owned())));
        assert_eq!((settings.sessions, settings.hello.as_deref()), (7, Some("me.example")));
        assert_eq!(settings.limits.end_of_data, Duration::from_secs(2));
        assert_eq!(settings.limits.tls, Duration::from_secs(2));
    }

    #[test]
    fn the_scheme_gives_protection_and_port() {
        let read = |url: &str| SmtpSettings::parse(url).expect("valid");
        let (clear, later, at_once) = (read("smtp://a"), read("smtp+starttls://a/"), read("smtps://[::1]"));
        assert!(matches!(clear.security, Security::Clear));
        assert!(matches!(later.security, Security::StartTls(_)));
        assert_eq!((clear.port, later.port, at_once.port), (25, 587, 465));
        assert_eq!(at_once.host, "::1");
        assert!(clear.credentials.is_none());
    }

    #[test]
    fn one_sentence_names_the_variable_and_no_secret() {
        for url in [
            "",
            "relay.example:25",
            "http://user:secret@relay.example",
            "smtp://",
            "smtp://user:secret@",
            "smtp://user@relay.example",
            "smtp://user:secret@relay.example:99999",
            "smtp://user:secret@relay.example/path",
            "smtp://user:secret@relay.example?session=4",
            "smtp://user:secret@relay.example?sessions=0",
            "smtp://user:secret@relay.example?sessions=many",
            "smtp://user:secret@relay.example?timeout=0",
            "smtp://user:secret@relay.example?hello=a%20b",
            "smtp://us%FFer:secret@relay.example",
            "smtps://user:secret@relay.example?ca=/no/such/file.pem",
        ] {
            let sentence = SmtpSettings::parse(url).expect_err(url).to_string();
            assert!(sentence.starts_with("SMTP_URL: ") && sentence.ends_with('.'), "{sentence}");
            assert!(!sentence.contains("secret"), "{sentence}");
            assert_eq!(sentence.lines().count(), 1);
        }
    }

    #[test]
    fn debugging_shows_no_password() {
        let settings = SmtpSettings::parse("smtp://user:secret@relay.example").expect("valid");
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
