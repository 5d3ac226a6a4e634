//! The settings of the relay: `SMTP_URL`.

use std::{fmt, time::Duration};

use guichet_base::spelling::{ENCODED, unknown_option};
use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{address::split, outcome::SendError, session::Session, trust, wire::Tls};

/// The options of an address.
const OPTIONS: [&str; 4] = ["sessions", "ca", "hello", "timeout"];

/// A setting that cannot be used. One sentence that names the variable and contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
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
        let url = split(text).map_err(wrong)?;
        let host = match url.host() {
            Some(url::Host::Domain(name)) if !name.is_empty() => decode(name)?,
            Some(url::Host::Ipv4(address)) => address.to_string(),
            Some(url::Host::Ipv6(address)) => address.to_string(),
            _ => return Err(wrong("names no host")),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(wrong(format!("has more than options (`?`) after host and port; {ENCODED}")));
        }
        let query = Query::read(&url)?;
        let tls = || trust::tls(&host, query.ca.as_deref()).map_err(wrong);
        let (security, port) = match url.scheme() {
            "smtp" => (Security::Clear, 25),
            "smtp+starttls" => (Security::StartTls(tls()?), 587),
            _ => (Security::Implicit(tls()?), 465),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) => {
                return Err(wrong("has a password but no user: write user:password@ before the host"));
            }
            (_, None) => {
                return Err(wrong(
                    "has a user but no password: write user:password@ before the host, or neither",
                ));
            }
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

    /// Connects, greets, encrypts, signs in and quits.
    ///
    /// # Errors
    /// [`SendError::Sick`] when the relay refuses these settings, [`SendError::Later`] when it is away.
    pub async fn probe(&self) -> Result<(), SendError> {
        self.survey().await.map(drop)
    }

    /// As [`SmtpSettings::probe`]; returns what was seen on the way.
    ///
    /// # Errors
    /// Those of [`SmtpSettings::probe`].
    pub async fn survey(&self) -> Result<Survey, SendError> {
        let session = Session::open(self).await?;
        let offers_sign_in = session.offers_sign_in();
        session.quit().await;
        let is_encrypted = !matches!(self.security, Security::Clear);
        let is_signed_in = self.credentials.is_some();
        Ok(Survey { is_encrypted, is_signed_in, offers_sign_in, tells_password: self.reveals_password() })
    }

    /// Whether user and password leave this machine unencrypted.
    pub fn reveals_password(&self) -> bool {
        let local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        matches!(self.security, Security::Clear) && self.credentials.is_some() && !local
    }

    /// Host and port, for messages.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// What was seen of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey {
    /// Whether the session was encrypted.
    pub is_encrypted: bool,
    /// Whether it was signed in.
    pub is_signed_in: bool,
    /// Whether the relay lets clients sign in.
    pub offers_sign_in: bool,
    /// Whether user and password went over a network in clear.
    pub tells_password: bool,
}

fn decode(text: &str) -> Result<String, SettingError> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_| wrong("has percent-encoded bytes that are not UTF-8"))?.into_owned())
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
                    query.sessions =
                        Some(number.ok_or_else(|| wrong("has `sessions` that are no number from 1 to 100"))?);
                }
                "ca" => query.ca = Some(value.into_owned()),
                "hello" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic()) => {
                    query.hello = Some(value.into_owned());
                }
                "hello" => return Err(wrong("has a `hello` that is no host name")),
                "timeout" => {
                    let seconds = value.parse().ok().filter(|seconds| (1..=600).contains(seconds));
                    let seconds = seconds
                        .ok_or_else(|| wrong("has a `timeout` that is no number of seconds from 1 to 600"))?;
                    query.timeout = Some(Duration::from_secs(seconds));
                }
                _ => {
                    // Text after a `?` in a password looks like an option.
                    let is_secret = url.query().is_some_and(|query| query.contains('@'));
                    return Err(wrong(unknown_option(if is_secret { "" } else { &name }, OPTIONS)));
                }
            }
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use guichet_base::spelling::PORT;

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
        let shape = "is not an address such as smtp+starttls://user:password@relay.example:587";
        let more = format!("has more than options (`?`) after host and port; {ENCODED}");
        for (url, told) in [
            ("", shape),
            ("relay.example:25", shape),
            (
                "http://user:secret@relay.example",
                "begins with `http://`, not with `smtp+starttls://`, `smtps://` or `smtp://`",
            ),
            (
                "stmp://user:secret@relay.example",
                "begins with `stmp://`, not with `smtp+starttls://`, `smtps://` or `smtp://`",
            ),
            ("smtp://", "names no host"),
            ("smtp://user:secret@", "names no host"),
            (
                "smtp://user@relay.example",
                "has a user but no password: write user:password@ before the host, or neither",
            ),
            (
                "smtp://user:@relay.example",
                "has a user but no password: write user:password@ before the host, or neither",
            ),
            (
                "smtp://:secret@relay.example",
                "has a password but no user: write user:password@ before the host",
            ),
            ("smtp://user:secret@relay.example:99999", PORT),
            ("smtp://user:se/cret@relay.example", PORT),
            ("smtp://user:secret@relay.example/path", &more),
            (
                "smtp://user:secret@relay.example?session=4",
                "has the option `session`, which is not supported; did you mean `sessions`?",
            ),
            (
                "smtp://user:secret@relay.example?tls=on",
                "has the option `tls`, which is not supported; there are `sessions`, `ca`, `hello`, `timeout`",
            ),
            (
                "smtp://user?secret@relay.example",
                "has an unknown option after `?`; there are `sessions`, `ca`, `hello`, `timeout`",
            ),
            (
                "smtp://user:secret@relay.example?sessions=0",
                "has `sessions` that are no number from 1 to 100",
            ),
            (
                "smtp://user:secret@relay.example?sessions=many",
                "has `sessions` that are no number from 1 to 100",
            ),
            (
                "smtp://user:secret@relay.example?timeout=0",
                "has a `timeout` that is no number of seconds from 1 to 600",
            ),
            ("smtp://user:secret@relay.example?hello=a%20b", "has a `hello` that is no host name"),
            ("smtp://us%FFer:secret@relay.example", "has percent-encoded bytes that are not UTF-8"),
        ] {
            let sentence = SmtpSettings::parse(url).expect_err(url).to_string();
            assert_eq!(sentence, format!("SMTP_URL: {told}"), "{url}");
            assert!(!sentence.contains("secret"), "{sentence}");
        }
        let file =
            SmtpSettings::parse("smtps://user:secret@relay.example?ca=/no/such/file.pem").expect_err("none");
        assert!(file.to_string().starts_with("SMTP_URL: the file of `ca` cannot be used: "), "{file}");
    }

    #[test]
    fn debugging_shows_no_password() {
        let settings = SmtpSettings::parse("smtp://user:secret@relay.example").expect("valid");
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
