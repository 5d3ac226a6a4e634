//! What the checks look at.

use std::path::PathBuf;
use std::time::Duration;

use guichet_embedded::{is_made, running_url};
use guichet_engine::db::{self, Connection};
use guichet_base::error::Fault;
use guichet_edge::Origin;

use crate::lifecycle::Failure;
use crate::settings::Settings;

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
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        Ok(Self { settings, database, is_asleep, data, http: http.build()? })
    }

    /// A connection to the database; none when there is none.
    pub async fn connect(&self) -> Result<Option<Connection>, Fault> {
        let Some(url) = &self.database else { return Ok(None) };
        Ok(Some(db::connect(url).await.map_err(|error| Fault::Unavailable(error.to_string()))?))
    }

    /// The pages that use the API: that of `PUBLIC_URL` and those that are allowed.
    pub fn origins(&self) -> Vec<Origin> {
        let own = self.settings.public_url.as_ref().map(|url| url.origin().ascii_serialization().parse());
        own.into_iter().flatten().chain(self.settings.allowed_origins.iter().cloned()).collect()
    }
}
