//! The database that a command works on: that of `DATABASE_URL`, or an embedded one.

use crate::embedded::{EmbeddedError, Postgres, PostgresOptions, is_made, running_url};
use crate::lifecycle::Failure;
use crate::settings::{DATABASE_URL, SettingError, Settings, check_database};

/// A database that answers.
#[derive(Debug)]
pub enum Database {
    /// A server that somebody else runs: its address.
    Shared(String),
    /// The private server of this process.
    Private(Box<Postgres>),
}

impl Database {
    /// For a process that runs all in one: that of `DATABASE_URL`, else a private server.
    ///
    /// # Errors
    /// [`SettingError`] when `DATABASE_URL` does not answer, [`EmbeddedError`] when no private server can be had.
    pub async fn own(settings: &Settings) -> Result<Self, Failure> {
        match &settings.database_url {
            Some(url) => {
                check_database(url).await?;
                Ok(Self::Shared(url.reveal().to_owned()))
            }
            None => Ok(Self::private(settings).await?),
        }
    }

    /// For a command that is run beside others: as [`Database::own`], but where a process runs all
    /// in one on the data folder, its server. Without a database it is not content with a new, empty one:
    /// a shell does not have the environment of the services.
    ///
    /// # Errors
    /// As of [`Database::own`]; [`SettingError`] when there is no database.
    pub async fn visited(settings: &Settings) -> Result<Self, Failure> {
        let (folder, may_move) = settings.data_dir();
        if settings.database_url.is_none() && !is_made(&folder, may_move) {
            let reason = format!(
                "is not set, and there is no private PostgreSQL in {}: set it as for the services, or GUICHET_DATA to \
                 their data folder",
                folder.display()
            );
            return Err(SettingError::new(DATABASE_URL, reason).into());
        }
        Self::visited_or_new(settings).await
    }

    /// As [`Database::visited`], but where there is no database yet, a new one: to look around.
    ///
    /// # Errors
    /// As of [`Database::own`].
    pub async fn visited_or_new(settings: &Settings) -> Result<Self, Failure> {
        let (folder, may_move) = settings.data_dir();
        match running_url(&folder, may_move).filter(|_| settings.database_url.is_none()) {
            Some(url) => Ok(Self::Shared(url)),
            None => Self::own(settings).await,
        }
    }

    /// For a process that shares its database with others: that of `DATABASE_URL`, nothing else.
    ///
    /// # Errors
    /// When it is not set or does not answer.
    pub async fn shared(settings: &Settings) -> Result<String, SettingError> {
        let url = settings.database_url.as_ref().ok_or_else(|| {
            SettingError::new(
                DATABASE_URL,
                "is not set, and several processes cannot share a private PostgreSQL",
            )
        })?;
        check_database(url).await?;
        Ok(url.reveal().to_owned())
    }

    /// Its address, as `DATABASE_URL` spells it.
    pub fn url(&self) -> String {
        match self {
            Self::Shared(url) => url.clone(),
            Self::Private(postgres) => postgres.url(),
        }
    }

    /// Stops a private server.
    pub async fn close(self) {
        if let Self::Private(mut postgres) = self {
            postgres.stop().await;
        }
    }

    async fn private(settings: &Settings) -> Result<Self, EmbeddedError> {
        let (data_dir, may_move) = settings.data_dir();
        let bin_dir = settings.pg_bin_dir.clone();
        let options = PostgresOptions { may_move, bin_dir, ..PostgresOptions::new(data_dir) };
        Ok(Self::Private(Box::new(Postgres::start(options).await?)))
    }
}
