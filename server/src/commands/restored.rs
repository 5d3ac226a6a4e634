//! What an operator does after a restore from a backup.

use std::fmt::Display;
use std::time::Duration;

use chrono::{DateTime, Utc};
use guichet_base::id::Id;
use guichet_engine::db;
use guichet_engine::job::held::{HeldOfFirm, Which};
use guichet_engine::store::Store;
use guichet_schema::restored;
use guichet_schema::shared::email_delivery::held;
use tokio::time::{Instant, sleep};

use super::{told, with_store};
use crate::cli::{MailDiscard, MailSome, MailWhich, Restored};
use crate::lifecycle::Failure;
use crate::settings::Settings;

/// How long closed connections, as that of the migrations, may still be seen.
const CLOSING: Duration = Duration::from_secs(2);

/// `guichet restored`
///
/// # Errors
/// When others are connected to the database, and `--yes` is not given; when the database does not answer.
pub async fn restored(settings: &Settings, Restored { yes }: Restored) -> Result<(), Failure> {
    with_store(settings, async |store| {
        let others = if yes { 0 } else { others(store).await? };
        if others > 0 {
            let reason = format!(
                "{others} other connections to this database are open: stop all processes first, or add --yes, and \
                 the mails that they have queued are held, too"
            );
            return Err(reason.into());
        }
        restored::begin_anew(store).await.map_err(told)?;
        let held = held::by_firm(store, Which::default()).await.map_err(told)?;
        Ok(match held_table(&held) {
            None => "screens load anew and everybody signs in again; no mail was queued".to_owned(),
            Some(table) => format!(
                "screens load anew and everybody signs in again; these mails were queued and are held, because they may \
                 have been sent since:\n\
                 {table}\nsend them with `guichet mail release`, or drop them with `guichet mail discard`"
            ),
        })
    })
    .await
}

/// `guichet mail held`
pub(super) async fn list(store: &Store, which: MailWhich) -> Result<String, Failure> {
    let held = held::by_firm(store, meant(which)).await.map_err(told)?;
    Ok(held_table(&held).unwrap_or_else(|| "no such mails are held".to_owned()))
}

/// `guichet mail release`
pub(super) async fn release(store: &Store, MailSome { which, .. }: MailSome) -> Result<String, Failure> {
    let released = held::release(store, meant(which)).await.map_err(told)?;
    Ok(format!("sending {} now", mails(released)))
}

/// `guichet mail discard`
pub(super) async fn discard(
    store: &Store,
    MailDiscard { some, yes }: MailDiscard,
) -> Result<String, Failure> {
    let which = meant(some.which);
    if yes {
        let discarded = held::discard(store, which).await.map_err(told)?;
        return Ok(format!("discarded {}, which staff see as not sent", mails(discarded)));
    }
    let held = held::by_firm(store, which).await.map_err(told)?;
    let count: i64 = held.iter().map(|firm| firm.jobs).sum();
    Err(format!("this would discard {}: add --yes to do it", mails(count)).into())
}

/// The number with its noun.
fn mails(count: impl Display) -> String {
    match count.to_string().as_str() {
        "1" => "1 mail".to_owned(),
        count => format!("{count} mails"),
    }
}

/// How many others are connected to the database.
async fn others(store: &Store) -> Result<i64, Failure> {
    let begun = Instant::now();
    loop {
        let others = db::others(&mut *store.conn().await?).await?;
        if others == 0 || begun.elapsed() > CLOSING {
            return Ok(others);
        }
        sleep(CLOSING / 20).await;
    }
}

fn meant(MailWhich { firm, before, after }: MailWhich) -> Which {
    Which { firm, before, after }
}

/// One line for each firm, and one for their sum; none where nothing is held.
fn held_table(held: &[HeldOfFirm]) -> Option<String> {
    let (first, rest) = held.split_first()?;
    let line = |name: String, jobs: i64, oldest: DateTime<Utc>, newest: DateTime<Utc>| {
        let minute = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%MZ").to_string();
        format!("{name:<31} {:>12}, queued from {} to {}", mails(jobs), minute(oldest), minute(newest))
    };
    let of_firm = |firm: &HeldOfFirm| {
        let name = firm.firm_id.map(|id| id.encode()).unwrap_or_default();
        line(name, firm.jobs, firm.oldest, firm.newest)
    };
    let mut lines: Vec<String> = held.iter().map(of_firm).collect();
    if !rest.is_empty() {
        let span = rest.iter().fold((first.oldest, first.newest), |(oldest, newest), firm| {
            (oldest.min(firm.oldest), newest.max(firm.newest))
        });
        lines.push(line("all firms".to_owned(), held.iter().map(|firm| firm.jobs).sum(), span.0, span.1));
    }
    Some(lines.join("\n"))
}
