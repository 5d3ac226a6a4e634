//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use guichet_base::email::Email;
use guichet_base::id::{Id, JobId};

use crate::settings;

/// Guichet: the client portal and service desk of accounting firms, and of every firm that serves companies.
///
/// Without a command everything runs in one process: the API, the workers, and, where no
/// DATABASE_URL or SMTP_URL is set, a private PostgreSQL and a mail catcher.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, after_long_help = settings::table())]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands; without one, everything runs in one process.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API; needs DATABASE_URL
    Serve,
    /// Run the jobs and send the mails; needs DATABASE_URL, SMTP_URL and MAIL_FROM
    Work,
    /// Bring the tables of the database up to date
    Migrate,
    /// Fill in demo firms, where there are none yet
    Demo(Demo),
    /// Firms
    #[command(subcommand)]
    Firm(Firm),
    /// Mails
    #[command(subcommand)]
    Mail(Mail),
    /// The published contract of the API
    #[command(subcommand)]
    Schema(Schema),
    /// The job queue
    #[command(subcommand)]
    Jobs(Jobs),
}

/// `guichet demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// How much of it
    #[arg(long, value_enum, default_value_t = Scale::Small)]
    pub scale: Scale,
    /// Also into a database with firms of your own, though everybody knows the password of the demo
    #[arg(long)]
    pub yes: bool,
}

/// How much demo data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// Three firms with about a hundred tickets, to look around
    Small,
    /// A hundred firms with 50,000 tickets, to measure
    Large,
}

/// `guichet firm`
#[derive(Debug, Subcommand)]
pub enum Firm {
    /// Create a firm with its owner, whose password is read from the first line of the input
    Create(FirmCreate),
}

/// `guichet firm create`
#[derive(Debug, Args)]
pub struct FirmCreate {
    /// The firm's name
    #[arg(long)]
    pub name: String,
    /// Its language: pt-BR, fr, es or en
    #[arg(long)]
    pub locale: String,
    /// Its time zone, such as America/Sao_Paulo
    #[arg(long)]
    pub zone: String,
    /// Its country, two letters, such as BR
    #[arg(long)]
    pub country: String,
    /// The currency of its prices, three letters, such as BRL
    #[arg(long)]
    pub currency: String,
    /// The address that its mails come from
    #[arg(long)]
    pub mail_from: String,
    /// The address that answers to its mails go to
    #[arg(long)]
    pub mail_reply_to: Option<String>,
    /// The owner's name
    #[arg(long)]
    pub owner_name: String,
    /// The owner's e-mail, to sign in with
    #[arg(long)]
    pub owner_email: String,
}

/// `guichet mail`
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Send a mail from MAIL_FROM through the relay, and tell what happens
    Test {
        /// The address to send it to
        #[arg(value_parser = email)]
        address: Email,
    },
}

fn email(text: &str) -> Result<Email, String> {
    Email::parse(text).ok_or_else(|| "this is not an e-mail address".to_owned())
}

/// `guichet schema`
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Print it in the GraphQL schema language
    Print {
        /// Write it to this file instead
        #[arg(long)]
        to: Option<PathBuf>,
    },
}

/// `guichet jobs`
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// List jobs, the latest first
    List(JobsList),
    /// Show one job with its last error
    Show {
        /// The job, as lists and logs print it
        #[arg(value_parser = job_id)]
        id: JobId,
    },
    /// Put dead jobs back into the queue; all their attempts are available again
    Retry(JobsRetry),
    /// Run a waiting job now, without waiting for its time or the end of its backoff
    RunNow {
        /// The job, as lists and logs print it
        #[arg(value_parser = job_id)]
        id: JobId,
    },
    /// End the pause of a kind of job, once the cause is fixed
    Resume {
        /// The kind, such as email.send
        kind: String,
    },
}

/// `guichet jobs list`
#[derive(Debug, Args)]
pub struct JobsList {
    /// Only jobs in this state
    #[arg(long, value_enum)]
    pub status: Option<JobStatus>,
    /// Only jobs of this kind
    #[arg(long)]
    pub kind: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    pub limit: u16,
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JobStatus {
    /// Waiting for its turn
    Ready,
    /// Taken by a worker
    Running,
    /// Given up after its last attempt
    Dead,
}

/// `guichet jobs retry`
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct JobsRetry {
    /// The job, as lists and logs print it
    #[arg(value_parser = job_id)]
    pub id: Option<JobId>,
    /// All dead jobs of this kind
    #[arg(long)]
    pub kind: Option<String>,
    /// All dead jobs
    #[arg(long)]
    pub all: bool,
}

/// The id of a job as it is printed everywhere, or the bare UUID of the database.
fn job_id(text: &str) -> Result<JobId, String> {
    let id = JobId::decode(text).or_else(|| text.parse().ok().map(JobId::from_uuid));
    id.ok_or_else(|| "an id of a job looks like job_01980f2e6c0b7c5e9a3d4b5c6d7e8f90".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_is_all_in_one() {
        assert!(Cli::parse_from(["guichet"]).command.is_none());
    }

    #[test]
    fn a_retry_names_what_it_is_about() {
        assert!(Cli::try_parse_from(["guichet", "jobs", "retry"]).is_err());
        assert!(Cli::try_parse_from(["guichet", "jobs", "retry", "--all", "--kind", "mail"]).is_err());
        let cli = Cli::parse_from(["guichet", "jobs", "retry", "--kind", "mail"]);
        let Some(Command::Jobs(Jobs::Retry(retry))) = cli.command else { panic!("another command") };
        assert_eq!((retry.kind.as_deref(), retry.all), (Some("mail"), false));
    }
}
