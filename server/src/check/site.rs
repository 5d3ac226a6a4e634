//! What the checks look at.

use std::path::PathBuf;
use std::time::Duration;

use guichet_embedded::{is_made, running_url};
use guichet_engine::db::{self, Connection};

use crate::lifecycle::Failure;
use crate::settings::{Settings, plain};

/// How long an answer over HTTP may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// An installation.
pub(super) struct Site<'a> {
    pub settings: &'a Settings,
    /// The address of the database, if there is one that runs.
    pub database: Option<String>,
    /// Whether there is a private PostgreSQL that does not run.
    pub is_asleep: bool,
    /// The data folder.
    pub data: PathBuf,
    /// Asks as browsers do, but follows no redirects.
    pub http: reqwest::Client,
}

impl<'a> Site<'a> {
    pub fn open(settings: &'a Settings) -> Result<Self, Failure> {
        let (data, may_move) = settings.data_dir();
        let database = match &settings.database_url {
            Some(url) => Some(url.reveal().to_owned()),
            None => running_url(&data, may_move),
        };
        let is_asleep = database.is_none() && is_made(&data, may_move);
        // A websocket begins with an upgrade, which only HTTP/1.1 has.
        let http = reqwest::Client::builder().http1_only().redirect(reqwest::redirect::Policy::none());
        let http = http.timeout(PATIENCE);
        Ok(Self { settings, database, is_asleep, data, http: http.build()? })
    }

    /// A connection to the database; none when there is none that runs.
    pub async fn connect(&self) -> Result<Option<Connection>, String> {
        let Some(url) = &self.database else { return Ok(None) };
        db::connect(url).await.map(Some).map_err(|error| plain(&error.to_string()))
    }
}

/// Why an HTTP request failed, without its address, which may be signed.
pub(super) fn unanswered(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer".to_owned();
    }
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    // The innermost cause says what happened.
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    plain(&reason)
}
