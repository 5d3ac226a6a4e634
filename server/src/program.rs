//! What the `guichet` program does: reads the command line and the settings, and runs the command.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use guichet_schema::db;

use crate::cli::{Cli, Command};
use crate::console::{complain, say};
use crate::database::Database;
use crate::embedded::{EmbeddedError, keep_running};
use crate::lifecycle::{Failure, Lifecycle};
use crate::settings::{SettingError, Settings, bind};
use crate::{logs, signals};

/// How long PostgreSQL may take to stop: longer than its own steps together.
const POSTGRES_STOPS: Duration = Duration::from_secs(45);

/// Runs the program. The code is 0 when it did what was asked, 2 when a setting, the command line or
/// the machine stands in the way, and 1 for what failed later.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::from(if failure.is::<SettingError>() || failure.is::<EmbeddedError>() { 2 } else { 1 })
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let settings = Settings::from_env()?;
    logs::init(&settings);
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match cli.command {
            None => all_in_one(&settings).await,
            Some(Command::Migrate) => migrate(&settings).await,
            Some(command) => Err(format!("{command:?} is not wired").into()),
        }
    })
}

async fn all_in_one(settings: &Settings) -> Result<(), Failure> {
    let mut life = Lifecycle::new(signals::shutdown_token()?);
    match begin(settings, &mut life).await {
        Ok(()) => life.run().await,
        Err(failure) => {
            // What failed says more than what then does not stop.
            let _ = life.stop().await;
            Err(failure)
        }
    }
}

/// Starts the parts, the one that others need first.
async fn begin(settings: &Settings, life: &mut Lifecycle) -> Result<(), Failure> {
    let _listener = bind(settings.listen).await?;
    if let Some(smtp) = &settings.smtp {
        smtp.probe().await.map_err(SettingError::from)?;
    }
    let database = Database::own(settings).await?;
    let url = database.url();
    if let Database::Private(postgres) = database {
        postgres.notes().iter().for_each(say);
        life.add("PostgreSQL", POSTGRES_STOPS, |stop| keep_running(*postgres, stop));
    }
    db::migrate(&url).await?;
    say("Guichet runs. Ctrl-C stops all of it.");
    Ok(())
}

async fn migrate(settings: &Settings) -> Result<(), Failure> {
    let database = Database::visited(settings).await?;
    let migrated = db::migrate(&database.url()).await;
    database.close().await;
    migrated?;
    say("the tables are up to date");
    Ok(())
}
