//! The main function of `guichet`: reads the command line and the settings, and runs the command.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use guichet_embedded::EmbeddedError;
use tikv_jemallocator::Jemalloc;

use crate::cli::{Cli, Command, Firm, Schema};
use crate::commands::WrongOptions;
use crate::console::complain;
use crate::lifecycle::Failure;
use crate::settings::{self, SettingError, Settings, WrongSettings};
use crate::{check, commands, logs, processes};

// Answers consist of very many small allocations: this takes a fifth less CPU than the system's allocator.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// How long what still runs on other threads may take to end.
const LEFTOVERS: Duration = Duration::from_millis(500);

/// Runs the program. The exit code is 0 on success, 2 when a setting, the command line or the machine prevents it,
/// and 1 for later failures.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.to_string().lines().for_each(complain);
            ExitCode::from(if is_prevented(&failure) { 2 } else { 1 })
        }
    }
}

/// Whether a setting, an option or the machine is at fault.
fn is_prevented(failure: &Failure) -> bool {
    failure.is::<WrongSettings>()
        || failure.is::<SettingError>()
        || failure.is::<WrongOptions>()
        || failure.is::<EmbeddedError>()
}

fn run(cli: Cli) -> Result<(), Failure> {
    if let Some(Command::Schema(Schema::Print { to })) = cli.command {
        return commands::schema_print(to.as_deref());
    }
    let unknown = settings::unknown();
    let settings = Settings::from_env().inspect_err(|_| unknown.iter().for_each(complain))?;
    logs::init(&settings);
    // A check prints them among its own lines.
    if !matches!(cli.command, Some(Command::Check)) {
        unknown.iter().for_each(|sentence| tracing::warn!("{sentence}"));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(async {
        match cli.command {
            None => processes::all_in_one(&settings).await,
            Some(Command::Serve) => processes::serve(&settings).await,
            Some(Command::Work) => processes::work(&settings).await,
            Some(Command::Migrate) => commands::migrate(&settings).await,
            Some(Command::Demo(demo)) => commands::demo(&settings, demo).await,
            Some(Command::Firm(Firm::Create(firm))) => commands::firm_create(&settings, firm).await,
            Some(Command::Jobs(jobs)) => commands::jobs(&settings, jobs).await,
            Some(Command::Mail(mail)) => commands::mail::run(&settings, mail).await,
            Some(Command::Restored(restored)) => commands::restored(&settings, restored).await,
            Some(Command::Check) => check::run(&settings).await,
            Some(Command::Schema(Schema::Print { to })) => commands::schema_print(to.as_deref()),
        }
    });
    // Not dropped: that would wait for a name lookup or a disk that hangs, as long as it hangs.
    runtime.shutdown_timeout(LEFTOVERS);
    outcome
}
