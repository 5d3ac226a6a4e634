//! Seeing which dates would move, and letting them.

use diesel_async::AsyncPgConnection;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ActId, FirmId, Id};
use guichet_base::input::{Check, items};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::job::NewJob;
use guichet_engine::store::{Done, Store};
use serde::{Deserialize, Serialize};

use crate::month::catalogue::updates::updated_book;
use crate::people::rights::{self, FirmAct};

use super::super::run::Known;
use super::super::undo::lock;
use super::apply::{MoveDueDates, audit, step};
use super::find::{self, Found};
use super::open::{MoveFilter, Place};

/// Most tasks that are named in one act.
const MOST_NAMED: usize = 100;
/// Most moves that are asked for at once; more come when a client has many.
const MOST_SHOWN: i64 = 200;

/// The dates that would move, after a place in their list; `updated` with what the catalogue would change. For owners and
/// managers.
///
/// # Errors
/// `NOT_ALLOWED`; `OUT_OF_RANGE` about `first`.
pub async fn moves(
    store: &Store,
    actor: &Actor,
    filter: &MoveFilter,
    updated: bool,
    after: Option<Place>,
    first: i64,
) -> Result<Found> {
    rights::may(&actor.membership, FirmAct::DueDatesMove)?;
    let mut check = Check::new();
    let first = check.number("first", first, &(1..=MOST_SHOWN));
    check.done()?;
    let first = usize::try_from(first).unwrap_or(1);
    let mut conn = store.conn().await?;
    let known = known(&mut conn, actor.firm_id(), updated).await?;
    find::find(&mut conn, actor.firm_id(), &known, filter, after, first).await
}

/// What dates are computed with: the firm's rules, or those with all that the catalogue would change.
async fn known(conn: &mut AsyncPgConnection, firm: FirmId, updated: bool) -> Result<Known> {
    let known = Known::read(conn, firm).await?;
    Ok(if updated { known.with(updated_book(conn, firm).await?) } else { known })
}

/// How many tasks, and how many documents, would move. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`.
pub async fn count(store: &Store, actor: &Actor, filter: &MoveFilter, updated: bool) -> Result<(i64, i64)> {
    rights::may(&actor.membership, FirmAct::DueDatesMove)?;
    let mut conn = store.conn().await?;
    let known = known(&mut conn, actor.firm_id(), updated).await?;
    find::count(&mut conn, actor.firm_id(), &known, filter).await
}

/// What became of moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// How many tasks and documents moved; none when a job moves them.
    pub moved: Option<i64>,
}

/// Lets the dates of these tasks and of their documents follow what the rules say now; or, by a job, those of all tasks of
/// the filter. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `taskIds`; `OUT_OF_RANGE` for none or too many; `REQUIRED` without tasks and `all`;
/// `TOO_FAST`.
pub async fn apply(
    store: &Store,
    actor: &Actor,
    key: &str,
    filter: MoveFilter,
    all: bool,
) -> Result<Done<Applied>> {
    rights::may(&actor.membership, FirmAct::DueDatesMove)?;
    let (firm_id, by) = (actor.firm_id(), actor.staff()?.id);
    let mut tx = first!(store.begin_once(actor, "dueDateMovesApply", key, &(&filter, all)).await?);
    tx.keep_pace(actor)?;
    let mut check = Check::new();
    check.require(filter.tasks.is_some() || all, Refusal::of("taskIds", Code::Required));
    check.require(filter.tasks.is_none() || !all, Refusal::of("all", Code::MutuallyExclusive));
    if let Some(ids) = &filter.tasks {
        check.count("taskIds", ids.len(), &(1..=MOST_NAMED));
    }
    check.done()?;
    let job = MoveDueDates { firm_id, by, filter, act_id: ActId::new(), told_id: ActId::new() };
    let Some(ids) = &job.filter.tasks else {
        tx.job(NewJob::new(&job)?.firm(firm_id));
        tx.audit(Some(firm_id), "dueDateMovesApply", FirmId::NOUN, Some(firm_id.uuid()));
        return tx.commit(Applied { moved: None }).await;
    };
    let there = lock(tx.conn(), firm_id, ids).await?;
    let mut check = Check::new();
    check.found(&items("taskIds", ids), |id| there.contains(id));
    check.done()?;
    let known = Known::read(tx.conn(), firm_id).await?;
    let mut computed = known.computed();
    let (mut moves, mut after) = (Vec::new(), None);
    while let Some((reached, of_step)) = step(&mut tx, &job, &known, &mut computed, after).await? {
        moves.extend(of_step);
        after = Some(reached);
    }
    audit(&mut tx, firm_id, &moves);
    tx.commit(Applied { moved: i64::try_from(moves.len()).ok() }).await
}
