//! Settings, all read from the environment and only here. Invalid ones stop the start with one sentence each, which
//! names its variable.

mod files;
mod names;
mod reach;
mod values;
mod variable;

use std::cell::RefCell;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use guichet_edge::Origin;
use guichet_mail::{self, Dkim, SmtpSettings};
use guichet_schema::shared::file::rules::Limits;
use guichet_storage::S3Settings;
use guichet_workers::clamd::Clamd;
use ipnet::IpNet;
use url::Url;

use crate::redis::Redis;

pub use names::unknown;
pub use reach::{bind, check_clamd, check_database, check_s3, database_place, migrate, plain, unusable};
pub use values::{LogFormat, Secret};
pub use variable::{
    DATABASE_URL, GUICHET_DATA, GUICHET_LISTEN, GUICHET_PROBES, REDIS_URL, S3_BUCKET, SMTP_URL, VARIABLES,
    Variable, table,
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
    /// The error of `variable`; `reason` completes the sentence.
    pub fn new(variable: Variable, reason: impl Into<String>) -> Self {
        Self::Own { variable, reason: reason.into() }
    }
}

/// All settings that cannot be used: whoever mends them starts once more, not once for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSettings(Vec<SettingError>);

impl WrongSettings {
    /// One sentence for each.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentences().collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for WrongSettings {}

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
    /// For all values that cannot be used.
    pub fn from_env() -> Result<Self, WrongSettings> {
        #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
        Self::read(|name| env::var_os(name))
    }

    /// Reads the settings through `lookup`. Blanks and line ends around a value do not count, and an empty value counts
    /// as unset.
    ///
    /// # Errors
    /// For all values that cannot be used.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, WrongSettings> {
        use variable::*;
        let values = Values { lookup, wrong: RefCell::default() };
        let database_url = values.get(DATABASE_URL, values::database_url);
        let smtp = values.text(SMTP_URL).and_then(|url| values.usable(SmtpSettings::parse(&url)));
        let redis = values.text(REDIS_URL).and_then(|url| values.usable(Redis::parse(&url)));
        let public_url = values.get(PUBLIC_URL, values::web_url("https://guichet.example"));
        let listen =
            values.get(GUICHET_LISTEN, values::address).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let set = database_url.is_some() || redis.is_some() || smtp.is_some() || public_url.is_some();
        let trial = !set && listen.ip().to_canonical().is_loopback();
        let [selector, domain, key_file] =
            [MAIL_DKIM_SELECTOR, MAIL_DKIM_DOMAIN, MAIL_DKIM_KEY_FILE].map(|variable| values.text(variable));
        let settings = Self {
            trial,
            pool: values.get(DATABASE_POOL, values::number(2, 500)).unwrap_or(16),
            dkim: values
                .usable(Dkim::load(selector.as_deref(), domain.as_deref(), key_file.as_deref()))
                .flatten(),
            s3: files::s3(&values),
            clamd: values.get(CLAMD_ADDRESS, files::clamd),
            limits: files::limits(&values),
            data: values.path(GUICHET_DATA),
            pg_bin_dir: values.path(PG_BIN_DIR),
            allowed_origins: values.get(GUICHET_ALLOWED_ORIGINS, values::origins).unwrap_or_default(),
            trusted_proxies: values.get(GUICHET_TRUSTED_PROXIES, values::networks).unwrap_or_default(),
            pace: values.get(GUICHET_PACE, values::number(1, 1_000_000)).map_or(60, |pace| pace as u32),
            client_connections: values
                .get(GUICHET_CLIENT_CONNECTIONS, values::number(10, 1_000_000))
                .unwrap_or(2_000),
            graphiql: values.get(GUICHET_GRAPHIQL, values::switch).unwrap_or(trial),
            graphiql_modules: values.path(GUICHET_GRAPHIQL_MODULES).unwrap_or_else(|| {
                PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/graphiql/node_modules"))
            }),
            introspection: values.get(GUICHET_INTROSPECTION, values::switch).unwrap_or(trial),
            probes: values.get(GUICHET_PROBES, values::address),
            work_concurrency: values.get(WORK_CONCURRENCY, values::number(1, 256)).unwrap_or(8),
            log_format: values.get(LOG_FORMAT, values::log_format),
            log: values.get(GUICHET_LOG, values::log_filter).unwrap_or_else(|| "info".to_owned()),
            database_url,
            redis,
            smtp,
            public_url,
            listen,
        };
        match values.wrong.into_inner() {
            wrong if wrong.is_empty() => Ok(settings),
            wrong => Err(WrongSettings(wrong)),
        }
    }

    /// The data folder, and whether another one may be chosen instead.
    pub fn data_dir(&self) -> (PathBuf, bool) {
        (self.data.clone().unwrap_or_else(|| PathBuf::from("data")), self.data.is_none())
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

/// The values of the environment. What cannot be used is noted, and counts as unset until all are read.
struct Values<L> {
    lookup: L,
    wrong: RefCell<Vec<SettingError>>,
}

impl<L: Fn(&str) -> Option<OsString>> Values<L> {
    fn get<T>(&self, variable: Variable, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = (self.lookup)(variable.name)?;
        let text = value.to_str().ok_or_else(|| "is not UTF-8 text".to_owned());
        let read = text.and_then(values::unwrapped).and_then(|text| text.map(read).transpose());
        self.usable(read.map_err(|reason| SettingError::new(variable, reason))).flatten()
    }

    fn text(&self, variable: Variable) -> Option<String> {
        self.get(variable, |text| Ok(text.to_owned()))
    }

    /// Paths need not be UTF-8.
    fn path(&self, variable: Variable) -> Option<PathBuf> {
        let value = (self.lookup)(variable.name)?;
        if value.to_str().is_none() { Some(value.into()) } else { self.text(variable).map(PathBuf::from) }
    }

    /// The value, unless it cannot be used, which is noted.
    fn usable<T>(&self, read: Result<T, impl Into<SettingError>>) -> Option<T> {
        read.map_err(|error| self.wrong.borrow_mut().push(error.into())).ok()
    }

    fn is_wrong(&self, variable: Variable) -> bool {
        let is_it = |error: &SettingError| matches!(error, SettingError::Own { variable: other, .. } if *other == variable);
        self.wrong.borrow().iter().any(is_it)
    }
}

#[cfg(test)]
mod tests;
