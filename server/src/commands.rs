//! The commands that do one thing and exit.

pub mod mail;

use std::fs;
use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use guichet_base::error::{Code, Error, Refusal};
use guichet_base::id::{Id, JobId};
use guichet_base::locale::Locale;
use guichet_base::{foreign, i18n};
use guichet_demo::{self as demo, Moved, Span};
use guichet_engine::actor::MemberReach;
use guichet_engine::job::admin::{self, NotSooner};
use guichet_engine::job::{JobRow, queue};
use guichet_engine::store::{By, Store};
use guichet_schema::people::account::password::Password;
use guichet_schema::people::founding::CreateFirm;

use crate::cli::{Demo, FirmCreate, JobStatus, Jobs, JobsList, JobsRetry, Scale};
use crate::console::say;
use crate::database::Database;
use crate::graphql;
use crate::lifecycle::Failure;
use crate::processes::{data_folder, open, sign_in_table, storage_of_command};
use crate::settings::{self, Settings};

mod restored;

pub use restored::restored;

/// Days in which the clients of a new firm may reopen a ticket.
const REOPEN_DAYS: i32 = 7;
/// How a time is printed.
const TIME: &str = "%Y-%m-%d %H:%M:%SZ";
/// Days after which the charges of a new firm are due.
const CHARGE_DUE_DAYS: i32 = 10;

/// `guichet migrate`
///
/// # Errors
/// When the database does not answer or a migration fails.
pub async fn migrate(settings: &Settings) -> Result<(), Failure> {
    with_store(settings, async |_| Ok("the tables are up to date".to_owned())).await
}

/// `guichet demo`
///
/// # Errors
/// When the database or the store of files does not answer; when there are other firms, and `--yes` is not given; when there
/// is no demo that could be moved on.
pub async fn demo(settings: &Settings, Demo { scale, yes, advance }: Demo) -> Result<(), Failure> {
    if let Some(span) = advance {
        return demo_advance(settings, span).await;
    }
    let scale = match scale {
        Scale::Small => demo::Scale::Small,
        Scale::Large => demo::Scale::Large,
    };
    let database = Database::visited_or_new(settings).await?;
    let (url, folder) = (database.url(), data_folder(settings, &database));
    with_database(settings, database, async |store| {
        if !yes && !demo::exists(store, scale).await? && demo::has_other_firms(store).await? {
            let reason = "this database has firms of your own, and everybody knows the password of the demo; add --yes to fill it in nevertheless";
            return Err(reason.into());
        }
        let files = storage_of_command(settings, &folder).await?;
        let sign_ins = demo::fill(store, &url, &files, scale, |step| say(step)).await?;
        Ok(sign_in_table(&sign_ins))
    })
    .await
}

async fn demo_advance(settings: &Settings, span: Span) -> Result<(), Failure> {
    let database = Database::visited(settings).await?;
    let (url, folder) = (database.url(), data_folder(settings, &database));
    with_database(settings, database, async |store| {
        let files = storage_of_command(settings, &folder).await?;
        let moved = demo::advance(store, &url, &files, span).await?;
        if moved.is_empty() {
            return Err("this database has no demo, and only a demo has a clock that can be moved".into());
        }
        let line = |firm: &Moved| format!("{}: today is {}", firm.firm, firm.today);
        Ok(moved.iter().map(line).collect::<Vec<_>>().join("\n"))
    })
    .await
}

/// `guichet firm create`: the first line of stdin is the owner's password; without one the owner is invited.
///
/// # Errors
/// The refusals, one sentence per field.
pub async fn firm_create(settings: &Settings, firm: FirmCreate) -> Result<(), Failure> {
    let owner_password = read_password()?.as_deref().map(Password::new);
    let input = CreateFirm {
        name: firm.name,
        locale: firm.locale,
        zone: firm.zone,
        country: firm.country,
        currency: firm.currency,
        mail_from: firm.mail_from,
        mail_reply_to: firm.mail_reply_to,
        member_reach: MemberReach::All,
        client_reopen_days: REOPEN_DAYS,
        charge_due_days: CHARGE_DUE_DAYS,
        owner_name: firm.owner_name,
        owner_email: firm.owner_email,
        owner_password,
    };
    with_store(settings, async |store| {
        let created = guichet_schema::people::founding::create(store, input).await.map_err(refused)?.value;
        let owner = match created.owner.secret {
            Some(secret) => {
                format!("the owner accepts this invitation to set a password: {}", secret.expose())
            }
            None if created.owner_keeps_password => {
                "the owner has an account already, and signs in with its password".to_owned()
            }
            None => "the owner can sign in".to_owned(),
        };
        Ok(format!("firm {}\n{owner}", created.id.encode()))
    })
    .await
}

/// What was typed cannot be used: one sentence for each option. Trying again helps only after a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongOptions(String);

/// The refusals of a new firm, by the options as they are typed.
fn refused(error: Error) -> Failure {
    let Error::Refused(refusals) = error else { return told(error) };
    let sentence = |refusal: &Refusal| {
        match (refusal.path.to_string().as_str(), refusal.code) {
        ("ownerPassword", Code::Taken) => {
            "the password: the owner has an account already, whose password stays as it is; give none (</dev/null), \
             and no firm is created until then"
                .to_owned()
        }
        ("ownerPassword", _) => format!("the password: {}", i18n::refusal(Locale::En, refusal)),
        (path, _) => format!("{}: {}", option(path), i18n::refusal(Locale::En, refusal)),
    }
    };
    WrongOptions(refusals.iter().map(sentence).collect::<Vec<_>>().join("\n")).into()
}

/// The option of a field, as `--mail-from` for `mailFrom`.
fn option(field: &str) -> String {
    field.chars().fold("--".to_owned(), |mut name, letter| {
        if letter.is_uppercase() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
        name
    })
}

/// The refusals as sentences; the command line is in English.
fn told(error: Error) -> Failure {
    match error {
        Error::Refused(refusals) => {
            let sentence = |refusal: &Refusal| {
                let sentence = i18n::refusal(Locale::En, refusal);
                if refusal.path.is_empty() { sentence } else { format!("{}: {sentence}", refusal.path) }
            };
            refusals.iter().map(sentence).collect::<Vec<_>>().join("\n").into()
        }
        Error::Fault(fault) => fault.into(),
    }
}

/// The first line of stdin; none at a terminal, where it would be visible, or when it is empty.
fn read_password() -> io::Result<Option<String>> {
    let input = io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']);
    Ok((!line.is_empty()).then(|| line.to_owned()))
}

/// `guichet schema print`
///
/// # Errors
/// When the file cannot be written.
pub fn schema_print(to: Option<&Path>) -> Result<(), Failure> {
    let sdl = graphql::sdl();
    match to {
        Some(path) => fs::write(path, sdl)?,
        None => say(sdl.trim_end()),
    }
    Ok(())
}

/// `guichet jobs …`
///
/// # Errors
/// When there is no such job, or the database does not answer.
pub async fn jobs(settings: &Settings, command: Jobs) -> Result<(), Failure> {
    with_store(settings, async |store| match command {
        Jobs::List(list) => jobs_list(store, list).await,
        Jobs::Show { id } => {
            let job = admin::show(&mut *store.conn().await?, id).await.map_err(told)?;
            Ok(serde_json::to_string_pretty(&job)?)
        }
        Jobs::Retry(retry) => jobs_retry(store, retry).await,
        Jobs::RunNow { id } => jobs_run_now(store, id).await,
        Jobs::Resume { kind } => {
            let was_paused = queue::resume(&mut *store.conn().await?, &kind).await?;
            Ok(format!("{kind} {}", if was_paused { "goes on" } else { "was not paused" }))
        }
    })
    .await
}

async fn jobs_list(store: &Store, list: JobsList) -> Result<String, Failure> {
    use guichet_engine::job::JobStatus as Status;
    let status = list.status.map(|status| match status {
        JobStatus::Ready => Status::Ready,
        JobStatus::Running => Status::Running,
        JobStatus::Held => Status::Held,
        JobStatus::Dead => Status::Dead,
    });
    let rows = admin::list(&mut *store.conn().await?, list.kind.as_deref(), status, list.limit.into())
        .await
        .map_err(told)?;
    if rows.is_empty() {
        return Ok("no such jobs".to_owned());
    }
    let line = |job: &JobRow| {
        format!(
            "{}  {:<8} {:<16} {}/{}  {}  {}",
            job.id,
            job.status,
            job.kind,
            job.attempts,
            job.max_attempts,
            job.run_at.format(TIME),
            job.last_error.as_deref().map(foreign::listed).unwrap_or_default(),
        )
    };
    Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

async fn jobs_run_now(store: &Store, id: JobId) -> Result<String, Failure> {
    let reason = match admin::run_now(store, By::system(), id).await.map_err(told)? {
        Ok(()) => return Ok("the job is due now; a worker takes it within a second".to_owned()),
        Err(NotSooner::Unknown) => "there is no such job: it is done, or never existed".to_owned(),
        Err(NotSooner::Running) => "the job is running".to_owned(),
        Err(NotSooner::Held) => {
            "the job is held back since a restore: `guichet mail release` releases mails".to_owned()
        }
        Err(NotSooner::Dead) => format!("the job is dead: `guichet jobs retry {id}` runs it again"),
        Err(NotSooner::Due) => "the job is due already and waits for a free worker".to_owned(),
        Err(NotSooner::Paused(pause)) => format!(
            "{kind} is paused until {}: `guichet jobs resume {kind}` ends the pause",
            pause.until.format(TIME),
            kind = pause.kind
        ),
    };
    Err(reason.into())
}

async fn jobs_retry(store: &Store, retry: JobsRetry) -> Result<String, Failure> {
    match retry.id {
        Some(id) => match admin::retry(store, By::system(), id).await {
            Ok(_) => Ok("the job runs again".to_owned()),
            Err(Error::Refused(refusals))
                if refusals.iter().any(|refusal| refusal.code == Code::Conflict) =>
            {
                Err("the job is not dead: it runs by itself".into())
            }
            Err(error) => Err(told(error)),
        },
        None => {
            let retried = admin::retry_all(store, By::system(), retry.kind.as_deref()).await.map_err(told)?;
            Ok(format!("{} jobs run again, {} were left as they are", retried.revived, retried.left))
        }
    }
}

/// Runs an action on the configured database, prints the result, and closes the database.
async fn with_store(
    settings: &Settings,
    act: impl AsyncFnOnce(&Store) -> Result<String, Failure>,
) -> Result<(), Failure> {
    with_database(settings, Database::visited(settings).await?, act).await
}

async fn with_database(
    settings: &Settings,
    database: Database,
    act: impl AsyncFnOnce(&Store) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let answer = async {
        settings::migrate(settings, &database.url()).await?;
        act(&open(settings, &database.url()).await?).await
    }
    .await;
    database.close().await;
    say(answer?);
    Ok(())
}
