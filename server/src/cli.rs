//! The command line.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use guichet_base::email::Email;
use guichet_base::id::{FirmId, Id, JobId};
use guichet_base::locale::Locale;
use guichet_demo::Span;

use crate::settings;

/// The client portal and service desk of firms that serve companies.
///
/// Without a command everything runs in one process: the API, the workers, and, where no
/// DATABASE_URL or SMTP_URL is set, a private PostgreSQL and a mail catcher.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, max_term_width = 80, after_long_help = settings::table())]
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
    /// Fill in demo firms, where there are none yet, or move their clock on
    Demo(Demo),
    /// Look whether settings and services are as they should be
    ///
    /// Prints one line for each thing, with what to do about it. Nothing lasting is
    /// changed, and processes may be running. The exit code is 0 when all is well, warnings
    /// included, 1 when something fails, and 2 when a setting is wrong.
    Check,
    /// Begin anew on a database that was restored from a backup, before processes start
    ///
    /// Screens load anew, everybody signs in again, and mails that were queued in the backup
    /// are held, because they may have been sent since: see `guichet mail`. Processes do the
    /// same by themselves when they find that the database is another one than before; after
    /// a restore of the server's files they cannot know.
    Restored(Restored),
    /// Firms
    #[command(subcommand)]
    Firm(Firm),
    /// Try the relay, and settle mails that are held after a restore from a backup
    #[command(subcommand)]
    Mail(Mail),
    /// The published contract of the API
    #[command(subcommand)]
    Schema(Schema),
    /// The job queue
    #[command(subcommand)]
    Jobs(Jobs),
}

/// `guichet restored`
#[derive(Debug, Args)]
pub struct Restored {
    /// Also while others are connected to the database
    #[arg(long)]
    pub yes: bool,
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
    /// Count the mails that are held, by firm
    Held(MailWhich),
    /// Send held mails
    Release(MailSome),
    /// Discard held mails: staff see them as not sent, and can send them again
    Discard(MailDiscard),
}

/// Which held mails are meant.
#[derive(Debug, Clone, Copy, Args)]
pub struct MailWhich {
    /// Only those of this firm, such as firm_01HX…
    #[arg(long, value_parser = firm)]
    pub firm: Option<FirmId>,
    /// Only those queued before this time: 2026-11-30, or 2026-11-30T06:00:00Z
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub before: Option<DateTime<Utc>>,
    /// Only those queued at this time or later
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub after: Option<DateTime<Utc>>,
}

/// `guichet mail release`
#[derive(Debug, Clone, Copy, Args)]
#[command(group = clap::ArgGroup::new("which").args(["all", "firm", "before", "after"]).required(true).multiple(true))]
pub struct MailSome {
    /// All of them
    #[arg(long, conflicts_with_all = ["firm", "before", "after"])]
    pub all: bool,
    /// Which of them.
    #[command(flatten)]
    pub which: MailWhich,
}

/// `guichet mail discard`
#[derive(Debug, Clone, Copy, Args)]
pub struct MailDiscard {
    /// Which of them.
    #[command(flatten)]
    pub some: MailSome,
    /// Really discard them; without it they are only counted
    #[arg(long)]
    pub yes: bool,
}

fn firm(text: &str) -> Result<FirmId, String> {
    FirmId::decode(text).ok_or_else(|| "it is no id of a firm, such as `guichet mail held` prints".to_owned())
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).ok_or_else(|| "it is pt-BR, fr, es or en".to_owned())
}

/// A moment; a date is its beginning in UTC.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let moment = DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc());
    let date = || text.parse::<NaiveDate>().map(|date| date.and_time(NaiveTime::MIN).and_utc());
    moment
        .or_else(|_| date())
        .map_err(|_| "it is no time such as 2026-11-30 or 2026-11-30T06:00:00Z".to_owned())
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
    /// Move the clock of the demo firms on instead: 1day, 2weeks, 1month; up to a year
    ///
    /// Their people go on working meanwhile, the same on every run: tasks are generated,
    /// documents come and go, and what was not done becomes overdue. Firms of your own
    /// have no clock that could be moved.
    #[arg(long, value_parser = span, value_name = "SPAN", conflicts_with_all = ["scale", "yes"])]
    pub advance: Option<Span>,
}

fn span(text: &str) -> Result<Span, String> {
    Span::parse(text).ok_or_else(|| "it is 1day, 2weeks or 1month, and no more than a year".to_owned())
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
    /// Create a firm with its owner
    ///
    /// The owner's password is the first line of the input. Without one, or at a terminal,
    /// the owner's invitation is printed, once. An owner who has an account already keeps
    /// its password; give none then.
    Create(FirmCreate),
}

/// `guichet firm create`
#[derive(Debug, Args)]
pub struct FirmCreate {
    /// The firm's name
    #[arg(long)]
    pub name: String,
    /// Its language: pt-BR, fr, es or en
    #[arg(long, value_parser = locale)]
    pub locale: Locale,
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
    /// Held back after a restore from a backup
    Held,
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

    /// Every help is read at a terminal of 80 columns; clap leaves the line of usage to the terminal.
    #[test]
    fn helps_have_eighty_columns() {
        fn look(mut command: clap::Command, path: &str) {
            for help in [command.render_help(), command.render_long_help()] {
                let help = help.to_string();
                let wide =
                    help.lines().find(|line| line.chars().count() > 80 && !line.starts_with("Usage: "));
                assert_eq!(wide, None, "{path}");
            }
            for inner in command.get_subcommands() {
                look(inner.clone().max_term_width(80), &format!("{path} {}", inner.get_name()));
            }
        }
        let mut command = Cli::command();
        command.build();
        look(command, "guichet");
    }

    #[test]
    fn mails_are_named_by_all_or_by_a_part() {
        let read =
            |arguments: &[&str]| Cli::try_parse_from([&["guichet", "mail"], arguments].concat()).is_ok();
        assert!(read(&["held"]) && read(&["release", "--all"]) && read(&["discard", "--all", "--yes"]));
        assert!(read(&["release", "--before", "2026-11-30", "--after", "2026-11-29T10:00:00+01:00"]));
        for wrong in [
            &["release"][..],
            &["discard", "--yes"],
            &["release", "--all", "--before", "2026-11-30"],
            &["release", "--before", "yesterday"],
            &["release", "--firm", "aurora"],
        ] {
            assert!(!read(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_demo_is_filled_in_or_moved_on() {
        let read =
            |arguments: &[&str]| Cli::try_parse_from([&["guichet", "demo"], arguments].concat()).is_ok();
        assert!(read(&[]) && read(&["--scale", "large", "--yes"]) && read(&["--advance", "1month"]));
        for wrong in [&["--advance"][..], &["--advance", "soon"], &["--advance", "1day", "--scale", "large"]]
        {
            assert!(!read(wrong), "{wrong:?}");
        }
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
