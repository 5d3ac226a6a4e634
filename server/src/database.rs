//! The database of a command: that of `DATABASE_URL`, or an embedded one.

use guichet_embedded::{EmbeddedError, Postgres, PostgresOptions, is_made, running_url};

use crate::lifecycle::Failure;
use crate::settings::{DATABASE_URL, SettingError, Settings, check_database};

/// A reachable database.
#[derive(Debug)]
pub enum Database {
    /// The address of a server that somebody else runs.
    Shared(String),
    /// The embedded server of this process.
    Private(Box<Postgres>),
}

impl Database {
    /// For a process that runs everything: the database of `DATABASE_URL`, else an embedded server.
    ///
    /// # Errors
    /// [`SettingError`] when `DATABASE_URL` does not answer, [`EmbeddedError`] when no embedded server can be
    /// started.
    pub async fn own(settings: &Settings) -> Result<Self, Failure> {
        match &settings.database_url {
            Some(url) => {
                check_database(url).await?;
                Ok(Self::Shared(url.reveal().to_owned()))
            }
            None => Ok(Self::private(settings).await?),
        }
    }

    /// For a command beside other processes: as [`Database::own`], but if another process runs an embedded server
    /// on the data folder, that server. It does not create a new, empty database, because a shell may lack the
    /// environment of the services.
    ///
    /// # Errors
    /// Those of [`Database::own`]; [`SettingError`] when there is no database.
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

    /// As [`Database::visited`], but creates a database when there is none, for trials.
    ///
    /// # Errors
    /// Those of [`Database::own`].
    pub async fn visited_or_new(settings: &Settings) -> Result<Self, Failure> {
        let (folder, may_move) = settings.data_dir();
        match running_url(&folder, may_move).filter(|_| settings.database_url.is_none()) {
            Some(url) => Ok(Self::Shared(url)),
            None => Self::own(settings).await,
        }
    }

    /// For a process that shares its database with others: only that of `DATABASE_URL`.
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

    /// Its address, as in `DATABASE_URL`.
    pub fn url(&self) -> String {
        match self {
            Self::Shared(url) => url.clone(),
            Self::Private(postgres) => postgres.url(),
        }
    }

    /// Stops an embedded server.
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
