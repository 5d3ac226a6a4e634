//! Commands on runs: a person generates tasks, sees before what a run would make, and takes it back (C-11).

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{FirmId, GenerationId, Id, RecurringTaskId, TaskId, TaskTypeId};
use guichet_base::input::{Check, items};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::sql;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{generations, task_types};
use serde::{Deserialize, Serialize};

use crate::month::recurring_task;
use crate::people::client;
use crate::people::firm::day::today;
use crate::people::rights::{self, FirmAct};

use super::job::{asked, undoing};
use super::model::{Generation, GenerationAct, GenerationFilter, GenerationState};
use super::preview::{self, Preview, Totals};
use super::run::{Only, Order};
use super::undo;

/// How far ahead tasks can be generated.
const AHEAD: Days = Days::new(2 * 366);
/// Most clients, and most kinds of work, that a run can name.
const MOST_NAMED: usize = 1_000;
/// Most tasks that are undone in one act.
const MOST_UNDONE: usize = 100;
/// Most lines of a preview.
const MOST_LINES: i64 = 200;

/// Input for generating tasks.
#[derive(Debug, Clone, Serialize)]
pub struct RunGeneration {
    /// Everything whose work begins by this day.
    pub up_to: NaiveDate,
    /// Of which clients and kinds of work.
    pub filter: GenerationFilter,
}

impl RunGeneration {
    async fn check(
        &self,
        conn: &mut AsyncPgConnection,
        check: &mut Check,
        actor: &Actor,
        today: NaiveDate,
    ) -> Result<()> {
        let latest = today.checked_add_days(AHEAD).unwrap_or(today);
        check.require(self.up_to <= latest, Refusal::of("upTo", Code::OutOfRange));
        if let Some(ids) = &self.filter.client_ids {
            check.count("clientIds", ids.len(), &(1..=MOST_NAMED));
            let found = client::queries::by_ids(conn, &actor.scope(), ids).await?;
            check.found(&items("clientIds", ids), |id| found.iter().any(|client| client.id == *id));
        }
        if let Some(ids) = &self.filter.task_type_ids {
            check.count("taskTypeIds", ids.len(), &(1..=MOST_NAMED));
            let found: Vec<TaskTypeId> = task_types::table
                .filter(task_types::firm_id.eq(actor.firm_id()))
                .filter(sql::among(task_types::id, ids))
                .select(task_types::id)
                .load(conn)
                .await?;
            check.found(&items("taskTypeIds", ids), |id| found.contains(id));
        }
        Ok(())
    }
}

/// What a run generates that a person asks for: what somebody undid is made again.
pub(super) fn order(
    firm_id: FirmId,
    up_to: NaiveDate,
    filter: GenerationFilter,
    today: NaiveDate,
    generation_id: Option<GenerationId>,
) -> Order {
    let GenerationFilter { client_ids: clients, task_type_ids: task_types, .. } = filter;
    let only = Only { recurring: None, clients, task_types };
    Order { firm_id, up_to, today, only, again: true, generation_id }
}

/// What a run would make: the first lines after a recurring task. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `clientIds`, `taskTypeIds`; `OUT_OF_RANGE` about `upTo`, `first`.
pub async fn preview(
    store: &Store,
    actor: &Actor,
    input: RunGeneration,
    after: Option<RecurringTaskId>,
    first: i64,
) -> Result<Preview> {
    rights::may(&actor.membership, FirmAct::TaskGenerationRun)?;
    let today = today(&mut *store.conn().await?, actor.firm_id(), store.now()).await?;
    let mut conn = store.conn().await?;
    let mut check = Check::new();
    let first = check.number("first", first, &(1..=MOST_LINES));
    input.check(&mut conn, &mut check, actor, today).await?;
    check.done()?;
    let order = order(actor.firm_id(), input.up_to, input.filter, today, None);
    preview::preview(&mut conn, &order, after, usize::try_from(first).unwrap_or(1)).await
}

/// How much a run would make. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `clientIds`, `taskTypeIds`; `OUT_OF_RANGE` about `upTo`.
pub async fn preview_totals(store: &Store, actor: &Actor, input: RunGeneration) -> Result<Totals> {
    rights::may(&actor.membership, FirmAct::TaskGenerationRun)?;
    let today = today(&mut *store.conn().await?, actor.firm_id(), store.now()).await?;
    let mut conn = store.conn().await?;
    let mut check = Check::new();
    input.check(&mut conn, &mut check, actor, today).await?;
    check.done()?;
    let order = order(actor.firm_id(), input.up_to, input.filter, today, None);
    preview::totals(&mut conn, &order).await
}

/// Generates tasks by a job: what is lacking up to a day, and what somebody undid. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `clientIds`, `taskTypeIds`; `OUT_OF_RANGE` about `upTo`.
pub async fn run(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: RunGeneration,
) -> Result<Done<GenerationId>> {
    rights::may(&actor.membership, FirmAct::TaskGenerationRun)?;
    let firm_id = actor.firm_id();
    let today = today(&mut *store.conn().await?, firm_id, store.now()).await?;
    let mut tx = first!(store.begin_once(actor, "taskGenerationRun", key, &input).await?);
    let mut check = Check::new();
    input.check(tx.conn(), &mut check, actor, today).await?;
    check.done()?;
    let by = actor.staff()?.id;
    let generation =
        Generation::new(firm_id, by, input.up_to, &input.filter, GenerationState::Running, tx.now);
    diesel::insert_into(generations::table).values(&generation).execute(tx.conn()).await?;
    tx.job(asked(&generation)?);
    tx.changed(firm_id, "taskGenerationRun", generation.id, None, Some(generation.audience()));
    tx.commit(generation.id).await
}

/// Takes back the tasks of a run that nobody touched, by a job. A run that is undone already stays as it is. For owners
/// and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `id`; `GENERATION_RUNNING` while its tasks are being made.
pub async fn undo(store: &Store, actor: &Actor, key: &str, id: GenerationId) -> Result<Done<GenerationId>> {
    rights::may(&actor.membership, FirmAct::TaskGenerationRun)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "taskGenerationUndo", key, &id).await?);
    let generation = lock(&mut tx, firm_id, id).await?;
    generation.may(GenerationAct::Undo, &actor.membership).map_err(|code| Refusal::of("id", code))?;
    if matches!(generation.state, GenerationState::Undoing | GenerationState::Undone) {
        return tx.commit(id).await;
    }
    let none: Option<chrono::DateTime<chrono::Utc>> = None;
    diesel::update(generations::table.find(id))
        .set((
            generations::state.eq(GenerationState::Undoing),
            generations::undone_by.eq(actor.staff()?.id),
            generations::finished_at.eq(none),
            generations::version.eq(generations::version + 1),
        ))
        .execute(tx.conn())
        .await?;
    tx.job(undoing(&generation)?);
    let audience = Some(generation.audience());
    tx.changed(firm_id, "taskGenerationUndo", id, audience.clone(), audience);
    tx.commit(id).await
}

/// Takes back, by a job, the tasks of recurring tasks that nobody touched, whatever made them. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `ids`; `OUT_OF_RANGE` for none or too many.
pub async fn undo_recurring(
    store: &Store,
    actor: &Actor,
    key: &str,
    ids: Vec<RecurringTaskId>,
) -> Result<Done<GenerationId>> {
    rights::may(&actor.membership, FirmAct::TaskGenerationRun)?;
    let (firm_id, by) = (actor.firm_id(), actor.staff()?.id);
    let mut tx = first!(store.begin_once(actor, "recurringTaskUndo", key, &ids).await?);
    let mut check = Check::new();
    check.count("ids", ids.len(), &(1..=MOST_NAMED));
    let found = recurring_task::queries::by_ids(tx.conn(), &actor.scope(), &ids).await?;
    check.found(&items("ids", &ids), |id| found.iter().any(|recurring| recurring.id == *id));
    check.done()?;
    let now = tx.now;
    let filter = GenerationFilter { recurring_task_ids: Some(ids), ..GenerationFilter::default() };
    let today = today(tx.conn(), firm_id, now).await?;
    let generation = Generation::new(firm_id, by, today, &filter, GenerationState::Undoing, now);
    diesel::insert_into(generations::table).values(&generation).execute(tx.conn()).await?;
    tx.job(undoing(&generation)?);
    tx.changed(firm_id, "recurringTaskUndo", generation.id, None, Some(generation.audience()));
    tx.commit(generation.id).await
}

/// A run of the firm, locked until the transaction ends.
async fn lock(tx: &mut Tx, firm: FirmId, id: GenerationId) -> Result<Generation> {
    generations::table
        .filter(generations::firm_id.eq(firm))
        .filter(generations::id.eq(id))
        .select(Generation::as_select())
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")
}

/// Which of some tasks were undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoneTasks {
    /// These are gone.
    pub undone: Vec<TaskId>,
    /// Somebody touched these, or they were not generated: they stay.
    pub kept: Vec<TaskId>,
}

/// Takes back generated tasks that nobody touched. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `ids`; `OUT_OF_RANGE` for none or too many.
pub async fn undo_tasks(
    store: &Store,
    actor: &Actor,
    key: &str,
    ids: Vec<TaskId>,
) -> Result<Done<UndoneTasks>> {
    rights::may(&actor.membership, FirmAct::TaskGenerationRun)?;
    let (firm_id, by) = (actor.firm_id(), actor.staff()?.id);
    let mut tx = first!(store.begin_once(actor, "taskUndo", key, &ids).await?);
    let mut check = Check::new();
    check.count("ids", ids.len(), &(1..=MOST_UNDONE));
    check.done()?;
    let there = undo::lock(tx.conn(), firm_id, &ids).await?;
    let mut check = Check::new();
    check.found(&items("ids", &ids), |id| there.contains(id));
    check.done()?;
    let undone = undo::take_back(&mut tx, firm_id, by, &there).await?;
    for id in &undone {
        tx.audit(Some(firm_id), "taskUndo", TaskId::NOUN, Some(id.uuid()));
    }
    let kept = ids.iter().filter(|id| !undone.contains(id)).copied().collect();
    tx.commit(UndoneTasks { undone, kept }).await
}
