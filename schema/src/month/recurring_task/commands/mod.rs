//! Commands on recurring tasks. Each that makes periods due writes a job in its transaction, which generates them at once
//! (C-08).

mod checks;
mod overrides;
mod pauses;

pub use overrides::{SetOverride, set_override};
pub use pauses::{pause, resume};

use chrono::Months;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ClientId, DocumentDefinitionId, RecurringTaskId, StaffId, TaskTypeId};
use guichet_base::input::{Check, Patch};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::job::NewJob;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{clients, recurring_task_unexpected, recurring_tasks};
use guichet_obligations::Period;
use serde::Serialize;

use crate::people::rights::{self, FirmAct};
use crate::people::{client, firm};

use super::job::{ASKED, GenerateTasks};
use super::model::RecurringTask;
use super::place::Laws;
use super::queries::visible;

use checks::{Context, check_alone, check_documents, check_employed, kind};

/// How far back work can begin: the years for which a tax can still be claimed, with some to spare. All periods since would
/// be generated at once.
const FAR_BACK: Months = Months::new(6 * 12);

/// Input for giving a client recurring work.
#[derive(Debug, Clone, Serialize)]
pub struct CreateRecurringTask {
    /// The client.
    pub client_id: ClientId,
    /// The kind of work.
    pub task_type_id: TaskTypeId,
    /// Who does it for this client.
    pub assignee_id: Option<StaffId>,
    /// The first period.
    pub first_period: String,
    /// The last one, included.
    pub last_period: Option<String>,
    /// Whether its documents are expected; else as the kind of work says.
    pub expects_documents: Option<bool>,
    /// Documents that this client is not asked for.
    pub unexpected: Vec<DocumentDefinitionId>,
}

/// Input for changing recurring work.
#[derive(Debug, Clone)]
pub struct UpdateRecurringTask {
    /// The recurring task.
    pub id: RecurringTaskId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// Who does it for this client.
    pub assignee_id: Patch<StaffId>,
    /// The last period, included.
    pub last_period: Patch<String>,
    /// Whether its documents are expected; else as the kind of work says.
    pub expects_documents: Patch<bool>,
    /// Documents that this client is not asked for; replaces the existing ones.
    pub unexpected: Option<Vec<DocumentDefinitionId>>,
}

/// Gives a client recurring work; tasks of periods that are due already are generated at once. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `clientId`, `taskTypeId`, `assigneeId`, `unexpectedDocumentIds`; `OUT_OF_RANGE` about
/// periods, also about a first one that is years ago; `TAKEN` about `taskTypeId` when the client has it already for some of
/// these periods.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateRecurringTask,
) -> Result<Done<RecurringTaskId>> {
    rights::may(&actor.membership, FirmAct::RecurringTaskCreate)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "recurringTaskCreate", key, &input).await?);
    let of =
        client::commands::lock(tx.conn(), &actor.scope(), input.client_id).await?.or_not_found("clientId")?;
    let kind = kind(tx.conn(), firm_id, input.task_type_id).await?;
    let context = Context::read(tx.conn(), firm_id, of.id, &kind).await?;
    let mut check = Check::new();
    let first = context.period(&mut check, "firstPeriod", &input.first_period);
    let last = input.last_period.as_deref().and_then(|name| context.period(&mut check, "lastPeriod", name));
    let is_order = first.zip(last).is_none_or(|(first, last)| first.start() <= last.start());
    check.require(is_order, Refusal::of("lastPeriod", Code::OutOfRange));
    let now = tx.now;
    let today = firm::day::today(tx.conn(), firm_id, now).await?;
    let earliest = today.checked_sub_months(FAR_BACK);
    let is_near = first.zip(earliest).is_none_or(|(first, earliest)| first.end() >= earliest);
    check.require(is_near, Refusal::of("firstPeriod", Code::OutOfRange));
    check_employed(&mut tx, &mut check, firm_id, input.assignee_id).await?;
    check_documents(tx.conn(), &mut check, "unexpectedDocumentIds", kind.id, &input.unexpected).await?;
    if let (Some(obligation), Some(first)) = (kind.obligation_id, first) {
        let laws = Laws::read(tx.conn(), firm_id).await?;
        if let Some(refusal) = laws.refusal(obligation, &context.record, &[first.end(), today]) {
            check.refuse(refusal);
        }
    }
    let name = |period: Period| period.to_string();
    let row = RecurringTask {
        id: RecurringTaskId::new(),
        firm_id,
        client_id: of.id,
        task_type_id: kind.id,
        assignee_id: input.assignee_id,
        first_period: first.map(name).unwrap_or_default(),
        last_period: last.map(name),
        expects_documents: input.expects_documents,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    // Bounds that were refused are none.
    if first.is_some() && last.is_some() == input.last_period.is_some() {
        check_alone(tx.conn(), &mut check, "taskTypeId", &row).await?;
    }
    check.done()?;
    diesel::insert_into(recurring_tasks::table).values(&row).execute(tx.conn()).await?;
    write_unexpected(tx.conn(), &row, &input.unexpected).await?;
    generate(&mut tx, &row)?;
    tx.changed(firm_id, "recurringTaskCreate", row.id, None, Some(row.audience(of.accountant_id)));
    tx.commit(row.id).await
}

/// Changes recurring work. Tasks that exist stay as they are. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`; refusals of the fields as for [`create`]; `TAKEN` about `lastPeriod` when the client
/// has the work a second time for some of these periods.
pub async fn update(
    store: &Store,
    actor: &Actor,
    input: UpdateRecurringTask,
) -> Result<Done<RecurringTaskId>> {
    rights::may(&actor.membership, FirmAct::RecurringTaskUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old = lock(tx.conn(), actor, input.id).await?;
    if old.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    // Nobody gives the client the same work beside it meanwhile.
    client::commands::lock(tx.conn(), &actor.scope(), old.client_id).await?.or_not_found("id")?;
    let kind = kind(tx.conn(), old.firm_id, old.task_type_id).await?;
    let context = Context::read(tx.conn(), old.firm_id, old.client_id, &kind).await?;
    let mut check = Check::new();
    let mut new = old.clone();
    new.assignee_id = input.assignee_id.apply(old.assignee_id);
    let last = input.last_period.and_then(|name| context.period(&mut check, "lastPeriod", &name));
    new.last_period = match last {
        Patch::Keep => old.last_period.clone(),
        Patch::Clear => None,
        Patch::Set(period) => Some(period.to_string()),
    };
    if new.last_period != old.last_period {
        let last = new.last_period.as_deref().and_then(Period::last_day);
        let is_order =
            last.zip(Period::last_day(&new.first_period)).is_none_or(|(last, first)| first <= last);
        check.require(is_order, Refusal::of("lastPeriod", Code::OutOfRange));
        check_alone(tx.conn(), &mut check, "lastPeriod", &new).await?;
    }
    new.expects_documents = input.expects_documents.apply(old.expects_documents);
    check_employed(
        &mut tx,
        &mut check,
        old.firm_id,
        new.assignee_id.filter(|_| new.assignee_id != old.assignee_id),
    )
    .await?;
    if let Some(unexpected) = &input.unexpected {
        check_documents(tx.conn(), &mut check, "unexpectedDocumentIds", kind.id, unexpected).await?;
    }
    check.done()?;
    let rewritten = match &input.unexpected {
        Some(unexpected) => write_unexpected(tx.conn(), &new, unexpected).await?,
        None => false,
    };
    if new != old || rewritten {
        // A later end makes periods due that were over.
        generate(&mut tx, &new)?;
        changed(&mut tx, new, "recurringTaskUpdate").await?;
    }
    tx.commit(old.id).await
}

/// Has the tasks of periods that are due generated as soon as this is committed. Each act has its own job: one that runs
/// already may have read what was before.
fn generate(tx: &mut Tx, row: &RecurringTask) -> Result<()> {
    let order = GenerateTasks::of(row.firm_id, vec![row.id]);
    tx.job(NewJob::new(&order)?.firm(row.firm_id).priority(ASKED));
    Ok(())
}

/// Writes a changed row and tells of it.
async fn changed(tx: &mut Tx, mut row: RecurringTask, act: &'static str) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    diesel::update(recurring_tasks::table.find(row.id)).set(&row).execute(tx.conn()).await?;
    let portfolio: Option<StaffId> =
        clients::table.find(row.client_id).select(clients::accountant_id).get_result(tx.conn()).await?;
    let audience = Some(row.audience(portfolio));
    tx.changed(row.firm_id, act, row.id, audience.clone(), audience);
    Ok(())
}

/// A recurring task within the actor's scope, locked until the transaction ends.
async fn lock(conn: &mut AsyncPgConnection, actor: &Actor, id: RecurringTaskId) -> Result<RecurringTask> {
    recurring_tasks::table
        .filter(visible(&actor.scope()))
        .filter(recurring_tasks::id.eq(id))
        .select(RecurringTask::as_select())
        .for_no_key_update()
        .get_result(conn)
        .await
        .optional()?
        .or_not_found("id")
}

/// Replaces the documents that a client is not asked for; returns whether they differ.
async fn write_unexpected(
    conn: &mut AsyncPgConnection,
    of: &RecurringTask,
    ids: &[DocumentDefinitionId],
) -> Result<bool> {
    let present =
        recurring_task_unexpected::table.filter(recurring_task_unexpected::recurring_task_id.eq(of.id));
    let mut old: Vec<DocumentDefinitionId> =
        present.select(recurring_task_unexpected::definition_id).load(conn).await?;
    let mut new = ids.to_vec();
    new.sort();
    new.dedup();
    old.sort();
    if old == new {
        return Ok(false);
    }
    diesel::delete(present).execute(conn).await?;
    let rows: Vec<_> = new
        .into_iter()
        .map(|id| {
            (
                recurring_task_unexpected::recurring_task_id.eq(of.id),
                recurring_task_unexpected::definition_id.eq(id),
                recurring_task_unexpected::firm_id.eq(of.firm_id),
            )
        })
        .collect();
    diesel::insert_into(recurring_task_unexpected::table).values(rows).execute(conn).await?;
    Ok(true)
}
