//! Parses `DATABASE_URL` as libpq does, so that PostgreSQL's own programs take the same address: with the options that
//! tokio-postgres does not know, calls otherwise or measures otherwise
//! (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>). Sets timeouts that detect a
//! vanished host.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use guichet_base::spelling;
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long a host may take to accept a connection.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// How long sent data may stay unacknowledged by the other host.
const UNHEARD: Duration = Duration::from_secs(20);
/// Keepalive: the silence before the first probe, the interval, and the number of probes.
const SILENT: Duration = Duration::from_secs(15);
const ASKED_EVERY: Duration = Duration::from_secs(5);
const ASKED: u32 = 3;
/// The default of tokio-postgres.
const UNSAID: Duration = Duration::from_secs(2 * 60 * 60);

/// A parsed database address.
#[derive(Debug, Clone)]
pub struct Address {
    config: Config,
    authority: Option<PathBuf>,
}

impl Address {
    /// Reads `postgres://user:password@host:5432/database?…`, or `host=… user=…`.
    ///
    /// # Errors
    /// Describes the error as the end of a sentence that begins with the setting; it contains no password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Spelled { text, authority, unheard, asked, named } = Spelled::read(text)?;
        let mut config: Config = text.parse().map_err(|error| explained(&error, &text, named))?;
        let hosts = config.get_hosts();
        if hosts.is_empty() {
            return Err("names no host".to_owned());
        }
        // What stands before it belongs to the password.
        if hosts.iter().any(|host| matches!(host, Host::Tcp(name) if name.contains('@'))) {
            return Err(TWO_AT.to_owned());
        }
        if config.get_user().is_none() {
            return Err("names no user".to_owned());
        }
        if authority.is_some() && config.get_ssl_mode() == SslMode::Prefer {
            config.ssl_mode(SslMode::Require);
        }
        unheard.into_iter().filter(|unheard| !unheard.is_zero()).for_each(|unheard| {
            config.tcp_user_timeout(unheard);
        });
        // 0 is the default of the system (libpq, "keepalives_count").
        asked.into_iter().filter(|asked| *asked != 0).for_each(|asked| {
            config.keepalives_retries(asked);
        });
        limit(&mut config);
        Ok(Self { config, authority })
    }

    /// The connection parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The socket of a server on this machine; none when the address names a host.
    pub fn socket(&self) -> Option<PathBuf> {
        let [Host::Unix(folder)] = self.config.get_hosts() else { return None };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        Some(folder.join(format!(".s.PGSQL.{port}")))
    }

    /// The TLS configuration; none when the address does not ask for TLS.
    ///
    /// # Errors
    /// When the authority's certificate cannot be read.
    pub fn tls(&self) -> Result<Option<ClientConfig>, String> {
        if self.config.get_ssl_mode() != SslMode::Require {
            return Ok(None);
        }
        let roots = match &self.authority {
            Some(path) => Arc::new(certificates(path)?),
            None => system_certificates(),
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?;
        Ok(Some(config.with_root_certificates(roots).with_no_client_auth()))
    }
}

const UNREADABLE: &str = "is not an address such as postgres://user:password@host:5432/database";
const TWO_AT: &str = "has two `@`; in a user or password it is written %40";

/// The options that addresses may have.
const OPTIONS: [&str; 19] = [
    "sslmode",
    "sslrootcert",
    "sslnegotiation",
    "application_name",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "target_session_attrs",
    "load_balance_hosts",
    "channel_binding",
    "options",
    "user",
    "password",
    "dbname",
    "host",
    "port",
];

/// Names the option at fault. Text after a `?` in a password looks like an option too, so only words at the
/// position of an option are shown.
fn explained(error: &tokio_postgres::Error, text: &str, named: bool) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let name = cause.split('`').nth(1).unwrap_or_default();
    let is_word = name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    match name {
        "port" if !named => spelling::PORT.to_owned(),
        _ if !named => shape(text),
        "sslmode" => {
            "has an `sslmode` that is none of `disable`, `require`, `verify-ca` and `verify-full`".to_owned()
        }
        _ if cause.starts_with("unknown option") => spelling::unknown_option(name, OPTIONS),
        name if is_word && !name.is_empty() => format!("has a wrong value for the option `{name}`"),
        _ => UNREADABLE.to_owned(),
    }
}

/// What is wrong with a text that is no address at all.
fn shape(text: &str) -> String {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| {
        !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte))
    });
    match scheme {
        Some("postgres" | "postgresql") | None => UNREADABLE.to_owned(),
        Some(scheme) => format!("begins with `{scheme}://`, not with `postgres://`"),
    }
}

/// Detects a vanished host within half a minute; values in the address take precedence.
fn limit(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNHEARD);
    }
    if config.get_keepalives_idle() == UNSAID {
        config.keepalives_idle(SILENT);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(ASKED_EVERY);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(ASKED);
    }
}

/// An address in the spelling of tokio-postgres.
struct Spelled {
    text: String,
    authority: Option<PathBuf>,
    /// `tcp_user_timeout`, which libpq has in milliseconds.
    unheard: Option<Duration>,
    /// `keepalives_count`.
    asked: Option<u32>,
    /// Whether everything that looks like an option is one.
    named: bool,
}

impl Spelled {
    fn read(text: &str) -> Result<Self, String> {
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if !is_url {
            return Self::of_parts("", text, ' ', false);
        }
        // A password may contain a `?`.
        let host = text.find('@').unwrap_or_default();
        match text[host..].split_once('?') {
            Some((before, options)) => {
                let before = format!("{}{before}?", &text[..host]);
                Self::of_parts(&before, options, '&', true)
            }
            None => Self::of_parts(text, "", '&', false),
        }
    }

    fn of_parts(before: &str, options: &str, between: char, encoded: bool) -> Result<Self, String> {
        let (mut authority, mut unheard, mut asked) = (None, None, None);
        let mut kept = Vec::new();
        for part in options.split(between) {
            match part.split_once('=') {
                Some(("sslmode", "verify-full" | "verify-ca")) => kept.push("sslmode=require"),
                Some(("sslrootcert", value)) => authority = Some(value),
                Some((name @ "tcp_user_timeout", value)) => {
                    unheard = Some(Duration::from_millis(number(name, value)?));
                }
                Some((name @ "keepalives_count", value)) => asked = Some(number(name, value)?),
                Some(("keepalives_retries", _)) => {
                    return Err(
                        "has the option `keepalives_retries`, which is called `keepalives_count`".to_owned()
                    );
                }
                _ => kept.push(part),
            }
        }
        let path = |value: &str| match value {
            value if encoded => percent_decode_str(value).decode_utf8_lossy().into_owned(),
            value => value.to_owned(),
        };
        Ok(Self {
            text: format!("{before}{}", kept.join(&between.to_string())),
            // `system` is libpq's name for the system's authorities.
            authority: authority.filter(|value| *value != "system").map(|value| path(value).into()),
            unheard,
            asked,
            named: encoded && !options.contains('@'),
        })
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("has a wrong value for the option `{name}`"))
}

fn certificates(path: &Path) -> Result<RootCertStore, String> {
    let failed = |reason: String| format!("the `sslrootcert` {}: {reason}", path.display());
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    // Collections of the world's authorities have some that are of no use.
    roots.add_parsable_certificates(certificates.map_err(|error| failed(error.to_string()))?);
    if roots.is_empty() { Err(failed("has no certificate".to_owned())) } else { Ok(roots) }
}

/// Loaded once: there are more than a hundred.
fn system_certificates() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn tls_is_spelled_as_libpq_does() {
        for (options, mode) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=require", SslMode::Require),
            ("?sslmode=verify-ca&application_name=guichet", SslMode::Require),
            ("?connect_timeout=3&sslmode=verify-full", SslMode::Require),
            ("?sslrootcert=%2Fetc%2Fca.pem", SslMode::Require),
            ("?sslmode=disable&sslrootcert=/etc/ca.pem", SslMode::Disable),
        ] {
            let address = read(&format!("postgres://me:a%20b?c@db.example/guichet{options}"));
            assert_eq!(address.config.get_ssl_mode(), mode, "{options}");
            assert_eq!(address.config.get_password(), Some(&b"a b?c"[..]), "{options}");
            assert_eq!(address.config.get_dbname(), Some("guichet"), "{options}");
            let authority = options.contains("sslrootcert").then(|| PathBuf::from("/etc/ca.pem"));
            assert_eq!(address.authority, authority, "{options}");
        }
        let address = read("host=db.example user=me password='a  b' sslmode=verify-full sslrootcert=/ca.pem");
        assert_eq!(address.config.get_password(), Some(&b"a  b"[..]));
        assert_eq!(address.authority, Some(PathBuf::from("/ca.pem")));
        assert_eq!(read("postgres://me@db/x?sslrootcert=system").authority, None);
        let missing = read("postgres://me@db/x?sslrootcert=/no/such.pem").tls().unwrap_err();
        assert!(missing.starts_with("the `sslrootcert` /no/such.pem: "), "{missing}");
        assert!(read("postgres://me@db/x").tls().unwrap().is_none());
        assert!(read("postgres://me@db/x?sslmode=verify-full").tls().unwrap().is_some());
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_is() {
        for (text, reason) in [
            (
                "postgres://me@db/x?sslmod=require",
                "has the option `sslmod`, which is not supported; did you mean `sslmode`?",
            ),
            ("postgres://me@db/x?connect_timeout=soon", "has a wrong value for the option `connect_timeout`"),
            (
                "postgres://me@db/x?tcp_user_timeout=20s",
                "has a wrong value for the option `tcp_user_timeout`",
            ),
            (
                "postgres://me@db/x?keepalives_retries=3",
                "has the option `keepalives_retries`, which is called `keepalives_count`",
            ),
            (
                "postgres://me@db/x?sslmode=allow",
                "has an `sslmode` that is none of `disable`, `require`, `verify-ca` and `verify-full`",
            ),
            ("postgres://db/x", "names no user"),
            ("postgres:///x", "names no host"),
            ("postgres://me:a@secret@db/x", TWO_AT),
            ("postgres://me:secret@db:port/x", spelling::PORT),
            ("postgres://me:secret@db:99999/x", spelling::PORT),
            ("mysql://me:secret@db/x", "begins with `mysql://`, not with `postgres://`"),
            ("jdbc:postgresql://me:secret@db/x", "begins with `jdbc:postgresql://`, not with `postgres://`"),
            ("db.example:5432/x", UNREADABLE),
            ("postgres://me@db/x?secret=a@b", UNREADABLE),
            ("host=db user=me password=a secret=b", UNREADABLE),
            ("secret", UNREADABLE),
        ] {
            assert_eq!(Address::parse(text).unwrap_err(), reason, "{text}");
        }
        let stranger = Address::parse("postgres://me@db/x?sslcert=/c.pem").unwrap_err();
        assert!(
            stranger.starts_with("has the option `sslcert`, which is not supported; there are `sslmode`")
        );
        // Every option that is offered is taken.
        for (option, value) in OPTIONS.iter().zip([
            "disable", "/ca.pem", "postgres", "a", "1", "1", "1", "1", "1", "1", "any", "disable", "prefer",
            "-cx=y", "me", "secret", "x", "db", "5432",
        ]) {
            let address = Address::parse(&format!("postgres://me@db/x?{option}={value}"));
            assert!(address.is_ok(), "{option}: {address:?}");
        }
    }

    #[test]
    fn a_vanished_host_is_noticed_unless_the_address_says_otherwise() {
        let config = read("postgres://me@db/x").config;
        assert_eq!(config.get_connect_timeout(), Some(&CONNECT));
        assert_eq!(config.get_tcp_user_timeout(), Some(&UNHEARD));
        assert!(config.get_keepalives());
        assert_eq!(config.get_keepalives_idle(), SILENT);
        assert_eq!(config.get_keepalives_interval(), Some(ASKED_EVERY));
        assert_eq!(config.get_keepalives_retries(), Some(ASKED));
        let said = "connect_timeout=1&tcp_user_timeout=2000&keepalives_idle=3&keepalives_interval=4&keepalives_count=5";
        let config = read(&format!("postgres://me@db/x?{said}")).config;
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(1)));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(2)));
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(3));
        assert_eq!(config.get_keepalives_interval(), Some(Duration::from_secs(4)));
        assert_eq!(config.get_keepalives_retries(), Some(5));
    }
}
