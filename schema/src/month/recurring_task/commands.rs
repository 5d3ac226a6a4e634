//! Commands on recurring tasks. Each that makes periods due writes a job in its transaction, which generates them at once
//! (C-08).

use chrono::{Months, NaiveDate};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::country::Country;
use guichet_base::error::{Code, OrNotFound, Refusal, Result, Told};
use guichet_base::id::{
    ClientId, DocumentDefinitionId, FirmId, ObligationId, OverrideId, PauseId, RecurringTaskId, StaffId,
    TaskTypeId,
};
use guichet_base::input::{Check, MAX_NAME, Patch, items};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::job::NewJob;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{
    clients, document_definitions, obligations, recurring_task_overrides, recurring_task_pauses,
    recurring_task_unexpected, recurring_tasks, task_types,
};
use guichet_obligations::{Holidays, Jurisdiction, Period, Recurrence};
use serde::Serialize;
use serde_json::Value;

use crate::month::obligation;
use crate::month::task_type::model::TaskType;
use crate::month::task_type::rules::recurrence;
use crate::people::client::record::queries::{Record, records};
use crate::people::rights::{self, FirmAct};
use crate::people::{client, firm};

use super::job::{ASKED, GenerateTasks};
use super::model::{DueOverride, Pause, RecurringTask};
use super::queries::visible;
use super::rules;

/// Longest name of a period, in characters.
const MAX_PERIOD: usize = 20;
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

/// What recurring work is made of: the client's record and the kind of work.
struct Context {
    record: Record,
    recurrence: Recurrence,
}

impl Context {
    async fn read(
        conn: &mut AsyncPgConnection,
        firm: FirmId,
        client: ClientId,
        kind: &TaskType,
    ) -> Result<Self> {
        let mut found = records(conn, firm, Some(&[client])).await?;
        Ok(Self { record: found.remove(&client).or_not_found("clientId")?, recurrence: recurrence(kind) })
    }

    /// A period by its name, or its refusal.
    fn period(&self, check: &mut Check, path: &'static str, name: &str) -> Option<Period> {
        let name = check.line(path, name, 1..=MAX_PERIOD);
        let period = Period::parse(&name, self.recurrence.every, &self.record.years)
            .filter(|period| period.kind() == self.recurrence.kind);
        let refusal = || Refusal::of(path, Code::OutOfRange).asked(Told::Text(name.clone()));
        check.require(period.is_some() || name.is_empty(), refusal());
        period
    }
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
        let days = [first.end(), today];
        check_place(tx.conn(), &mut check, (firm_id, obligation), &context.record, &days).await?;
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

/// A date or a rule of the firm's own for some periods of one client.
#[derive(Debug, Clone, Serialize)]
pub struct SetOverride {
    /// The recurring task.
    pub id: RecurringTaskId,
    /// The document; the task itself without one.
    pub definition_id: Option<DocumentDefinitionId>,
    /// The first period.
    pub from_period: String,
    /// The last one, included; none without an end.
    pub to_period: Option<String>,
    /// The rule, or a table of dates; none to end those that begin at `from_period`.
    pub due: Option<Value>,
    /// Why.
    pub reason: String,
}

/// Sets a date or a rule of the firm's own for some periods of one client (C-09); of several that hold for a period the one that
/// begins last is meant. Tasks that exist stay as they are. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`; refusals of the fields, `INVALID_RULE` about the place in the rule that is wrong.
pub async fn set_override(store: &Store, actor: &Actor, input: SetOverride) -> Result<Done<RecurringTaskId>> {
    rights::may(&actor.membership, FirmAct::RecurringTaskUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old = lock(tx.conn(), actor, input.id).await?;
    let kind = kind(tx.conn(), old.firm_id, old.task_type_id).await?;
    let context = Context::read(tx.conn(), old.firm_id, old.client_id, &kind).await?;
    let mut check = Check::new();
    let from = context.period(&mut check, "fromPeriod", &input.from_period);
    let to = input.to_period.as_deref().and_then(|to| context.period(&mut check, "toPeriod", to));
    let is_order = from.zip(to).is_none_or(|(from, to)| from.start() <= to.start());
    check.require(is_order, Refusal::of("toPeriod", Code::OutOfRange));
    if let Some(id) = input.definition_id {
        let found = definitions(tx.conn(), kind.id).await?;
        check.found(&[("definitionId".into(), id)], |id| found.contains(id));
    }
    if let Some(due) = &input.due {
        match obligation::rules::read_due("due", due) {
            Ok(rule) => {
                let book = obligation::queries::book(tx.conn(), old.firm_id).await?;
                for wrong in book.check_own(&rule, kind.period_kind) {
                    check.refuse(obligation::rules::misfit("due".into(), &wrong));
                }
            }
            Err(refusal) => check.refuse(refusal),
        }
    }
    let least = usize::from(input.due.is_some());
    let reason = check.line("reason", &input.reason, least..=MAX_NAME);
    check.done()?;
    let from = from.map(|period| period.to_string()).unwrap_or_default();
    diesel::delete(
        recurring_task_overrides::table
            .filter(recurring_task_overrides::recurring_task_id.eq(old.id))
            .filter(recurring_task_overrides::definition_id.is_not_distinct_from(input.definition_id))
            .filter(recurring_task_overrides::from_period.eq(&from)),
    )
    .execute(tx.conn())
    .await?;
    if let Some(due) = input.due {
        let row = DueOverride {
            id: OverrideId::new(),
            firm_id: old.firm_id,
            recurring_task_id: old.id,
            definition_id: input.definition_id,
            from_period: from,
            to_period: to.map(|period| period.to_string()),
            due,
            reason,
        };
        diesel::insert_into(recurring_task_overrides::table).values(&row).execute(tx.conn()).await?;
    }
    let id = old.id;
    changed(&mut tx, old, "recurringTaskOverrideSet").await?;
    tx.commit(id).await
}

/// Has the tasks of periods that are due generated as soon as this is committed. Each act has its own job: one that runs
/// already may have read what was before.
fn generate(tx: &mut Tx, row: &RecurringTask) -> Result<()> {
    let order = GenerateTasks::of(row.firm_id, vec![row.id]);
    tx.job(NewJob::new(&order)?.firm(row.firm_id).priority(ASKED));
    Ok(())
}

/// Refuses a recurring task that has a period in common with another one of the same client and kind of work. The client is
/// locked.
async fn check_alone(
    conn: &mut AsyncPgConnection,
    check: &mut Check,
    path: &'static str,
    of: &RecurringTask,
) -> Result<()> {
    let others: Vec<(String, Option<String>)> = recurring_tasks::table
        .filter(recurring_tasks::client_id.eq(of.client_id))
        .filter(recurring_tasks::task_type_id.eq(of.task_type_id))
        .filter(recurring_tasks::id.ne(of.id))
        .select((recurring_tasks::first_period, recurring_tasks::last_period))
        .load(conn)
        .await?;
    let own = (of.first_period.as_str(), of.last_period.as_deref());
    let is_alone = others.iter().all(|(first, last)| !rules::overlap(own, (first, last.as_deref())));
    check.require(is_alone, Refusal::of(path, Code::Taken));
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

async fn kind(conn: &mut AsyncPgConnection, firm: FirmId, id: TaskTypeId) -> Result<TaskType> {
    task_types::table
        .filter(task_types::firm_id.eq(firm))
        .filter(task_types::id.eq(id))
        .select(TaskType::as_select())
        .get_result(conn)
        .await
        .optional()?
        .or_not_found("taskTypeId")
}

async fn pauses(conn: &mut AsyncPgConnection, of: RecurringTaskId) -> Result<Vec<Pause>> {
    let of = recurring_task_pauses::table.filter(recurring_task_pauses::recurring_task_id.eq(of));
    Ok(of.select(Pause::as_select()).load(conn).await?)
}

async fn check_employed(
    tx: &mut Tx,
    check: &mut Check,
    firm: FirmId,
    assignee: Option<StaffId>,
) -> Result<()> {
    match assignee {
        Some(id) => firm::queries::check_employed(tx.conn(), check, firm, &[("assigneeId".into(), id)]).await,
        None => Ok(()),
    }
}

/// Refuses work for an obligation that is not one of the client's place, on none of these days; or for which a narrower one of
/// the same name holds there.
async fn check_place(
    conn: &mut AsyncPgConnection,
    check: &mut Check,
    (firm, of): (FirmId, ObligationId),
    record: &Record,
    days: &[NaiveDate],
) -> Result<()> {
    let of_firm = || obligations::table.filter(obligations::firm_id.eq(firm));
    let (name, kind, own): (String, String, String) = of_firm()
        .filter(obligations::id.eq(of))
        .select((obligations::name, obligations::kind, obligations::jurisdiction))
        .get_result(&mut *conn)
        .await?;
    let rows: Vec<(String, String)> = of_firm()
        .filter(obligations::name.eq(name))
        .filter(obligations::kind.eq(kind))
        .select((obligations::code, obligations::jurisdiction))
        .load(conn)
        .await?;
    let country = Country::parse(&record.country);
    let includes = |of: &Jurisdiction| match country {
        Some(country) => days.iter().any(|day| of.includes(country, &record.facts.place(*day))),
        None => of.country().is_none(),
    };
    let read = |text: &str| Jurisdiction::parse(text).unwrap_or(Jurisdiction::ANY);
    let own = read(&own);
    let refusal = |why: &str, name: String| {
        let refusal = Refusal::of("taskTypeId", Code::NotForPlace).telling("name", Told::Text(name));
        refusal.telling("why", Told::Text(why.to_owned()))
    };
    if !includes(&own) {
        check.refuse(refusal("elsewhere", place_name(&own)));
        return Ok(());
    }
    let narrower = rows.iter().map(|(code, text)| (code, read(text)));
    let narrower = narrower.filter(|(_, other)| other.narrowness() > own.narrowness() && includes(other));
    if let Some((code, _)) = narrower.max_by_key(|(_, other)| other.narrowness()) {
        check.refuse(refusal("narrower", code.clone()));
    }
    Ok(())
}

/// What people call the place of a jurisdiction, where its name is known.
fn place_name(of: &Jurisdiction) -> String {
    let (known, code) = (Holidays::shipped(), of.to_string());
    let Some(country) = of.country() else { return code };
    let part = code.split_once('-').map_or("", |(_, part)| part);
    let city = known.city(country, part).map(|(name, _)| name);
    city.or_else(|| known.region(country, &code)).unwrap_or(&code).to_owned()
}

/// Refuses documents that are none of this kind of work.
async fn check_documents(
    conn: &mut AsyncPgConnection,
    check: &mut Check,
    path: &'static str,
    of: TaskTypeId,
    ids: &[DocumentDefinitionId],
) -> Result<()> {
    let found = definitions(conn, of).await?;
    check.found(&items(path, ids), |id| found.contains(id));
    Ok(())
}

/// The documents of a kind of work, old ones too.
async fn definitions(conn: &mut AsyncPgConnection, of: TaskTypeId) -> Result<Vec<DocumentDefinitionId>> {
    let of_type = document_definitions::table.filter(document_definitions::task_type_id.eq(of));
    Ok(of_type.select(document_definitions::id).load(conn).await?)
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
