//! Letting recurring work rest, and go on.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{PauseId, RecurringTaskId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::recurring_task_pauses;
use guichet_obligations::Period;

use crate::month::recurring_task::model::Pause;
use crate::month::recurring_task::rules;
use crate::people::rights::{self, FirmAct};

use super::checks::{Context, kind};
use super::{changed, generate, lock};

/// Lets recurring work rest from a period on, or for some periods. Those are skipped, and not caught up. For owners and
/// managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`; `OUT_OF_RANGE` about periods; `TAKEN` about `fromPeriod` when it rests already.
pub async fn pause(
    store: &Store,
    actor: &Actor,
    (id, expected_version): (RecurringTaskId, i32),
    (from, to): (&str, Option<&str>),
    reason: &str,
) -> Result<Done<RecurringTaskId>> {
    rights::may(&actor.membership, FirmAct::RecurringTaskUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old = lock(tx.conn(), actor, id).await?;
    if old.version != expected_version {
        return Err(Code::Conflict.into());
    }
    let kind = kind(tx.conn(), old.firm_id, old.task_type_id).await?;
    let context = Context::read(tx.conn(), old.firm_id, old.client_id, &kind).await?;
    let mut check = Check::new();
    let from = context.period(&mut check, "fromPeriod", from);
    let to = to.and_then(|to| context.period(&mut check, "toPeriod", to));
    let is_order = from.zip(to).is_none_or(|(from, to)| from.start() <= to.start());
    check.require(is_order, Refusal::of("toPeriod", Code::OutOfRange));
    let reason = check.line("reason", reason, 0..=MAX_NAME);
    let open = pauses(tx.conn(), old.id).await?.into_iter().any(|pause| pause.to_period.is_none());
    check.require(!open || to.is_some(), Refusal::of("fromPeriod", Code::Taken));
    check.done()?;
    let row = Pause {
        id: PauseId::new(),
        firm_id: old.firm_id,
        recurring_task_id: old.id,
        from_period: from.map(|period| period.to_string()).unwrap_or_default(),
        to_period: to.map(|period| period.to_string()),
        reason,
    };
    diesel::insert_into(recurring_task_pauses::table).values(&row).execute(tx.conn()).await?;
    changed(&mut tx, old, "recurringTaskPause").await?;
    tx.commit(id).await
}

/// Resumes recurring work from a period on: ends the pauses in which that lies, else the one without an end. Tasks of its
/// periods that are due already are generated at once, those inside a pause never (C-08). For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`; `OUT_OF_RANGE` about `fromPeriod`, also when it does not rest.
pub async fn resume(
    store: &Store,
    actor: &Actor,
    (id, expected_version): (RecurringTaskId, i32),
    from: &str,
) -> Result<Done<RecurringTaskId>> {
    rights::may(&actor.membership, FirmAct::RecurringTaskUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old = lock(tx.conn(), actor, id).await?;
    if old.version != expected_version {
        return Err(Code::Conflict.into());
    }
    let kind = kind(tx.conn(), old.firm_id, old.task_type_id).await?;
    let context = Context::read(tx.conn(), old.firm_id, old.client_id, &kind).await?;
    let mut check = Check::new();
    let from = context.period(&mut check, "fromPeriod", from);
    let all = pauses(tx.conn(), old.id).await?;
    let (around, others): (Vec<Pause>, Vec<Pause>) =
        all.into_iter().partition(|pause| from.is_some_and(|from| rests(pause, &from)));
    // One without an end is resumed before it began, too.
    let open = others.into_iter().filter(|pause| pause.to_period.is_none());
    let ended: Vec<Pause> = if around.is_empty() { open.collect() } else { around };
    check.require(!ended.is_empty() || from.is_none(), Refusal::of("fromPeriod", Code::OutOfRange));
    check.done()?;
    if let Some(from) = from {
        let years = &context.record.years;
        for pause in ended {
            let row = recurring_task_pauses::table.find(pause.id);
            let first = rules::period(&pause.from_period, &context.recurrence, years);
            match first.and_then(|first| rules::before(first, &from, years)) {
                Some(last) => {
                    diesel::update(row)
                        .set(recurring_task_pauses::to_period.eq(last.to_string()))
                        .execute(tx.conn())
                        .await?
                }
                None => diesel::delete(row).execute(tx.conn()).await?,
            };
        }
        generate(&mut tx, &old)?;
        changed(&mut tx, old, "recurringTaskResume").await?;
    }
    tx.commit(id).await
}

/// Whether a period lies in a pause.
fn rests(pause: &Pause, period: &Period) -> bool {
    let first = Period::last_day(&pause.from_period).unwrap_or(NaiveDate::MIN);
    let last = pause.to_period.as_deref().and_then(Period::last_day).unwrap_or(NaiveDate::MAX);
    rules::is_between(period, first, last)
}

async fn pauses(conn: &mut AsyncPgConnection, of: RecurringTaskId) -> Result<Vec<Pause>> {
    let of = recurring_task_pauses::table.filter(recurring_task_pauses::recurring_task_id.eq(of));
    Ok(of.select(Pause::as_select()).load(conn).await?)
}
