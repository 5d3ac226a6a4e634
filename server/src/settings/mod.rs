//! Settings, all read from the environment and only here. An invalid one stops the start with one sentence that
//! names its variable.

mod files;
mod reach;
mod senders;
mod values;
mod variable;

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use guichet_base::foreign;
use guichet_edge::Origin;
use guichet_mail::{self, Dkim, Dns, SmtpSettings};
use guichet_schema::shared::file::rules::Limits;
use guichet_schema::shared::sender::rules::SenderPolicy;
use guichet_storage::S3Settings;
use guichet_workers::clamd::Clamd;
use guichet_workers::senders::Senders;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::redis::Redis;

pub(crate) use reach::plain;
pub use reach::{
    PartError, bind, check_database, look_at_clamd, look_at_relay, look_at_s3, migrate, open_s3, unusable,
};
pub use values::{LogFormat, Secret};
pub use variable::{
    DATABASE_URL, GUICHET_DATA, GUICHET_LISTEN, GUICHET_PROBES, MAIL_FROM, REDIS_URL, S3_BUCKET, SMTP_URL,
    VARIABLES, Variable, table,
};

/// A setting that cannot be used, as one sentence that begins with its variable and contains no secret. Trying
/// again helps only after a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A setting that is read here.
    #[error("{}: {reason}", variable.name)]
    Own {
        /// The variable at fault.
        variable: Variable,
        /// The reason.
        reason: String,
    },
    /// A setting of mail, which is parsed there.
    #[error(transparent)]
    Mail(#[from] guichet_mail::SettingError),
}

impl SettingError {
    /// The error of `variable`; `reason` completes the sentence, in one line whatever the value is.
    pub fn new(variable: Variable, reason: impl Into<String>) -> Self {
        Self::Own { variable, reason: foreign::kept(&reason.into()) }
    }
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether this is a trial on one machine: none of `DATABASE_URL`, `REDIS_URL`, `SMTP_URL` and `PUBLIC_URL` is
    /// set, and `GUICHET_LISTEN` is a local address. Only then there are demo firms with a well-known password,
    /// the page of caught mails and, by default, GraphiQL and introspection.
    pub trial: bool,
    /// `DATABASE_URL`; none: the embedded PostgreSQL.
    pub database_url: Option<Secret>,
    /// `DATABASE_POOL`: connections per process.
    pub pool: usize,
    /// `REDIS_URL`; none: hints are sent through PostgreSQL.
    pub redis: Option<Redis>,
    /// `SMTP_URL`; none: the mail catcher.
    pub smtp: Option<SmtpSettings>,
    /// `MAIL_DKIM_*`; none: mails are not signed.
    pub dkim: Option<Dkim>,
    /// `MAIL_FROM` and `MAIL_DOMAINS`: from which addresses firms may write.
    pub sender_policy: SenderPolicy,
    /// `DNS_SERVERS`; empty: those of the system.
    pub dns_servers: Vec<SocketAddr>,
    /// `S3_*`; none: files are stored in the data folder.
    pub s3: Option<S3Settings>,
    /// `CLAMD_ADDRESS`; none: files are not scanned.
    pub clamd: Option<Clamd>,
    /// `FILE_MAX_MB`, `UPLOAD_MAX_MB`, `UPLOAD_FIRM_MAX_MB`.
    pub limits: Limits,
    /// `GUICHET_DATA`; see [`Settings::data_dir`].
    pub data: Option<PathBuf>,
    /// `PG_BIN_DIR`.
    pub pg_bin_dir: Option<PathBuf>,
    /// `GUICHET_LISTEN`.
    pub listen: SocketAddr,
    /// `PUBLIC_URL`; see [`Settings::public_url`].
    pub public_url: Option<Url>,
    /// `GUICHET_ALLOWED_ORIGINS`.
    pub allowed_origins: Vec<Origin>,
    /// `GUICHET_TRUSTED_PROXIES`.
    pub trusted_proxies: Vec<IpNet>,
    /// `GUICHET_CLIENT_CONNECTIONS`: concurrent connections of one client.
    pub client_connections: usize,
    /// `GUICHET_PACE`: acts of one person in a minute that mail or notify others.
    pub pace: u32,
    /// `GUICHET_GRAPHIQL`.
    pub graphiql: bool,
    /// `GUICHET_GRAPHIQL_MODULES`.
    pub graphiql_modules: PathBuf,
    /// `GUICHET_INTROSPECTION`.
    pub introspection: bool,
    /// `GUICHET_PROBES`; none: `guichet work` listens nowhere.
    pub probes: Option<SocketAddr>,
    /// `WORK_CONCURRENCY`: concurrent jobs per kind.
    pub work_concurrency: usize,
    /// `LOG_FORMAT`; none: text at a terminal, JSON otherwise.
    pub log_format: Option<LogFormat>,
    /// `GUICHET_LOG`: filter directives, already validated.
    pub log: String,
}

impl Settings {
    /// Reads the settings of this process.
    ///
    /// # Errors
    /// For the first value that cannot be used.
    pub fn from_env() -> Result<Self, SettingError> {
        #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
        Self::read(|name| env::var_os(name))
    }

    /// Reads the settings through `lookup`; an empty value counts as unset.
    ///
    /// # Errors
    /// For the first value that cannot be used.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingError> {
        use variable::*;
        let values = Values { lookup };
        let database_url = values.get(DATABASE_URL, values::database_url)?;
        let smtp = values.text(SMTP_URL)?.map(|url| SmtpSettings::parse(&url)).transpose()?;
        let redis = values.text(REDIS_URL)?.map(|url| Redis::parse(&url)).transpose()?;
        let public_url = values.get(PUBLIC_URL, values::web_url)?;
        let listen = values.get(GUICHET_LISTEN, address)?.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let set = database_url.is_some() || redis.is_some() || smtp.is_some() || public_url.is_some();
        let trial = !set && listen.ip().to_canonical().is_loopback();
        Ok(Self {
            trial,
            sender_policy: senders::policy(&values, trial)?,
            dns_servers: values.get(DNS_SERVERS, senders::servers)?.unwrap_or_default(),
            pool: values.get(DATABASE_POOL, values::number(2, 500))?.unwrap_or(16),
            dkim: Dkim::load(
                values.text(MAIL_DKIM_SELECTOR)?.as_deref(),
                values.text(MAIL_DKIM_DOMAIN)?.as_deref(),
                values.text(MAIL_DKIM_KEY_FILE)?.as_deref(),
            )?,
            s3: files::s3(&values)?,
            clamd: values.get(CLAMD_ADDRESS, files::clamd)?,
            limits: files::limits(&values)?,
            data: values.path(GUICHET_DATA),
            pg_bin_dir: values.path(PG_BIN_DIR),
            allowed_origins: values.get(GUICHET_ALLOWED_ORIGINS, values::origins)?.unwrap_or_default(),
            trusted_proxies: values.get(GUICHET_TRUSTED_PROXIES, values::networks)?.unwrap_or_default(),
            pace: values.get(GUICHET_PACE, values::number(1, 1_000_000))?.map_or(60, |pace| pace as u32),
            client_connections: values
                .get(GUICHET_CLIENT_CONNECTIONS, values::number(10, 1_000_000))?
                .unwrap_or(2_000),
            graphiql: values.get(GUICHET_GRAPHIQL, values::switch)?.unwrap_or(trial),
            graphiql_modules: values.path(GUICHET_GRAPHIQL_MODULES).unwrap_or_else(|| {
                PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/graphiql/node_modules"))
            }),
            introspection: values.get(GUICHET_INTROSPECTION, values::switch)?.unwrap_or(trial),
            probes: values.get(GUICHET_PROBES, address)?,
            work_concurrency: values.get(WORK_CONCURRENCY, values::number(1, 256))?.unwrap_or(8),
            log_format: values.get(LOG_FORMAT, values::log_format)?,
            log: values.get(GUICHET_LOG, log_filter)?.unwrap_or_else(|| "info".to_owned()),
            database_url,
            redis,
            smtp,
            public_url,
            listen,
        })
    }

    /// The data folder, and whether another one may be chosen instead.
    pub fn data_dir(&self) -> (PathBuf, bool) {
        (self.data.clone().unwrap_or_else(|| PathBuf::from("data")), self.data.is_none())
    }

    /// From which addresses firms may write, with the name servers that tell it.
    pub fn senders(&self) -> Senders {
        Senders { policy: self.sender_policy.clone(), dns: Dns::new(&self.dns_servers) }
    }

    /// The public address of the API that listens on `bound`, without a trailing slash.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None if bound.ip().is_unspecified() => format!("http://localhost:{}", bound.port()),
            None => format!("http://{bound}"),
        }
    }
}

struct Values<L> {
    lookup: L,
}

impl<L: Fn(&str) -> Option<OsString>> Values<L> {
    fn get<T>(
        &self,
        variable: Variable,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, SettingError> {
        let Some(value) = (self.lookup)(variable.name).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let text = value.to_str().ok_or_else(|| "is not UTF-8 text".to_owned());
        text.and_then(read).map(Some).map_err(|reason| SettingError::new(variable, reason))
    }

    fn text(&self, variable: Variable) -> Result<Option<String>, SettingError> {
        self.get(variable, |text| Ok(text.to_owned()))
    }

    fn path(&self, variable: Variable) -> Option<PathBuf> {
        (self.lookup)(variable.name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("is `{text}`, not an address and port such as 127.0.0.1:8080"))
}

fn log_filter(text: &str) -> Result<String, String> {
    let filter = EnvFilter::builder().parse(text);
    filter
        .map(|_| text.to_owned())
        .map_err(|_| format!("is `{text}`, not a filter such as info or warn,guichet=debug"))
}

#[cfg(test)]
mod tests;
