//! Entering and editing tasks (C-02).

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::collation;
use guichet_base::error::{Code, InputPath, OrNotFound, Refusal, Result, Told};
use guichet_base::id::{ActId, ClientId, DocumentDefinitionId, FirmId, StaffId, TaskId, TaskTypeId};
use guichet_base::input::{Check, MAX_NAME, MAX_TEXT, Patch};
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{clients, staff_members, task_types, tasks};
use guichet_engine::{first, searchable};
use guichet_obligations::Period;
use serde::Serialize;

use crate::month::generation::run::Made;
use crate::month::generation::run::by_hand::{Rules, Work};
use crate::people::client::{self, facts};
use crate::people::firm::queries::works_here;
use crate::people::rights::{self, FirmAct};
use crate::shared::history::Changed;

use super::case::{Case, Saved};
use super::dates::{self, SetDates};
use super::documents::{self, NewDocument};
use super::history::{self, TaskField};
use super::list::search_text;
use super::model::{Task, TaskOrigin, TaskStatus};
use super::notify;
use super::rules::TaskAct;

/// Longest name of a period, in characters.
const MAX_PERIOD: usize = 20;

/// Input for entering a task (C-02).
#[derive(Debug, Clone, Serialize)]
pub struct CreateTask {
    /// The client.
    pub client_id: ClientId,
    /// What is to be done.
    pub title: String,
    /// The details.
    pub description: String,
    /// Who does it; by default who enters it.
    pub assignee_id: Option<StaffId>,
    /// The kind of work, whose documents the task gets.
    pub task_type_id: Option<TaskTypeId>,
    /// The name of the period that it is about.
    pub period: Option<String>,
    /// The dates; those that are not given follow the kind of work, if it has a period.
    pub dates: SetDates,
    /// Documents of the kind of work that this task does not need.
    pub unexpected: Vec<DocumentDefinitionId>,
    /// Documents of its own.
    pub documents: Vec<NewDocument>,
}

/// Input for changing a task.
#[derive(Debug, Clone)]
pub struct EditTask {
    /// The task.
    pub id: TaskId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// What is to be done.
    pub title: Option<String>,
    /// The details.
    pub description: Option<String>,
    /// The dates.
    pub dates: SetDates,
}

/// Enters a task for a client (C-02). For staff.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `clientId`, `assigneeId`, `taskTypeId`; `OUT_OF_RANGE` about `period`; `TOO_FAST`;
/// refusals of the texts.
pub async fn create(store: &Store, actor: &Actor, key: &str, input: CreateTask) -> Result<Done<TaskId>> {
    rights::may(&actor.membership, FirmAct::TaskCreate)?;
    let own = actor.staff()?.id;
    let mut check = Check::new();
    let title = check.line("title", &input.title, 1..=MAX_NAME);
    let description = check.text("description", &input.description, 0..=MAX_TEXT);
    let period = check.optional_line("period", input.period.as_deref(), MAX_PERIOD);
    let added = documents::check(&mut check, &input.documents);
    check.done()?;
    let mut tx = first!(store.begin_once(actor, "taskCreate", key, &input).await?);
    let scope = actor.scope();
    // Locked against a change of the portfolio, on which it depends who is told.
    let seen =
        clients::table.filter(client::queries::visible(&scope)).filter(clients::id.eq(input.client_id));
    seen.select(clients::id).for_share().execute(tx.conn()).await?;
    let (client, firm) = facts::find(tx.conn(), &scope, input.client_id).await?.or_not_found("clientId")?;
    let assignee_id = input.assignee_id.unwrap_or(own);
    check_works_here(tx.conn(), firm.id, assignee_id).await?;
    let rules = Rules::read(tx.conn(), firm.id, &[client.id]).await?;
    let period = checked_period(&rules, &input, period.as_deref())?;
    check_unexpected(&rules, &input)?;
    let department_id = match input.task_type_id {
        Some(id) => {
            task_types::table.find(id).select(task_types::department_id).get_result(tx.conn()).await?
        }
        None => None,
    };
    let now = tx.now;
    let mut task = Task {
        id: TaskId::new(),
        firm_id: firm.id,
        client_id: client.id,
        recurring_task_id: None,
        task_type_id: input.task_type_id,
        generation_id: None,
        origin: TaskOrigin::Hand,
        period: period.map(|period| period.to_string()),
        title,
        description,
        assignee_id,
        department_id,
        status: TaskStatus::Todo,
        legal_due_on: None,
        target_on: None,
        is_target_set: false,
        hand_in_by: None,
        is_hand_in_set: false,
        provisional: serde_json::json!([]),
        due_facts: None,
        was_generated_late: false,
        // Somebody acted on it: who entered it (C-11).
        is_untouched: false,
        last_message_seq: 0,
        version: 1,
        created_at: now,
        updated_at: now,
        closed_at: None,
    };
    let by = name(tx.conn(), own).await?;
    // A date that nobody set is the rule's from the beginning.
    let begun = |patch| if patch == Patch::Keep { Patch::Clear } else { patch };
    let SetDates { legal, target, hand_in } = input.dates;
    let dates = SetDates { legal: begun(legal), target: begun(target), hand_in: begun(hand_in) };
    dates.apply(&mut task, &rules, &by);
    insert(tx.conn(), &task, period).await?;
    if let (Some(task_type), Some(period)) = (task.task_type_id, period) {
        let legal = task.legal_due_on.filter(|_| task.is_legal_set()).map(|day| (day, by.as_str()));
        let work = Work { client: client.id, task_type, recurring: None, period, legal };
        let made = Made {
            id: task.id,
            client_id: client.id,
            assignee_id: task.assignee_id,
            department_id: task.department_id,
        };
        let hand_in = documents::asked_by(&task);
        rules.make_documents(&mut tx, work, &made, hand_in, &input.unexpected).await?;
    }
    let text = |name: &str| rules.document_text(name, task.task_type_id, period.as_ref());
    documents::add(&mut tx, (&task, period.as_ref()), &added, text, client.accountant_id).await?;
    let act = ActId::new();
    let entered = Changed::new(TaskField::Created, None, Some(task.status.to_string()));
    history::record(&tx, actor, &task, act, &[entered], None).await?;
    tx.changed(firm.id, "taskCreate", task.id, None, Some(task.audience(client.accountant_id)));
    let case = Case { old: task.clone(), task, client, firm, following: None };
    notify::assigned(&mut tx, actor, act, &[&case]).await?;
    tx.commit(case.task.id).await
}

/// Refuses documents that the kind of work does not have.
fn check_unexpected(rules: &Rules, input: &CreateTask) -> Result<()> {
    let mut check = Check::new();
    for (index, id) in input.unexpected.iter().enumerate() {
        let is_known = input.task_type_id.is_some_and(|task_type| rules.has_document(task_type, *id));
        let path = InputPath::from("unexpectedDocumentIds").item(index);
        check.require(is_known, Refusal::of(path, Code::NotFound));
    }
    check.done()
}

/// The period of a new task, or its refusal; the kind of work must be offered.
fn checked_period(rules: &Rules, input: &CreateTask, name: Option<&str>) -> Result<Option<Period>> {
    if let Some(id) = input.task_type_id {
        rules.offers(id).then_some(()).or_not_found("taskTypeId")?;
    }
    let Some(name) = name else { return Ok(None) };
    let period = rules.period(input.client_id, input.task_type_id, name);
    let refusal = || Refusal::of("period", Code::OutOfRange).asked(Told::Text(name.to_owned()));
    Ok(Some(period.ok_or_else(refusal)?))
}

async fn insert(conn: &mut AsyncPgConnection, task: &Task, period: Option<Period>) -> Result<()> {
    diesel::insert_into(tasks::table)
        .values((
            (
                tasks::id.eq(task.id),
                tasks::firm_id.eq(task.firm_id),
                tasks::client_id.eq(task.client_id),
                tasks::task_type_id.eq(task.task_type_id),
                tasks::origin.eq(task.origin),
                tasks::period.eq(&task.period),
                tasks::period_starts_on.eq(period.map(|period| period.start())),
                tasks::period_ends_on.eq(period.map(|period| period.end())),
            ),
            (
                tasks::title.eq(&task.title),
                tasks::title_key.eq(collation::key(&task.title)),
                tasks::description.eq(&task.description),
                searchable!(tasks, search_text(task)),
            ),
            (
                tasks::assignee_id.eq(task.assignee_id),
                tasks::department_id.eq(task.department_id),
                tasks::status.eq(task.status),
                tasks::is_untouched.eq(task.is_untouched),
            ),
            (
                tasks::legal_due_on.eq(task.legal_due_on),
                tasks::target_on.eq(task.target_on),
                tasks::is_target_set.eq(task.is_target_set),
                tasks::hand_in_by.eq(task.hand_in_by),
                tasks::is_hand_in_set.eq(task.is_hand_in_set),
                tasks::provisional.eq(&task.provisional),
                tasks::due_facts.eq(&task.due_facts),
            ),
            (tasks::created_at.eq(task.created_at), tasks::updated_at.eq(task.updated_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Changes an open task. For staff; when nothing changes, nothing is recorded.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `TASK_CLOSED`, `CONFLICT`, refusals of the texts.
pub async fn edit(store: &Store, actor: &Actor, input: EditTask) -> Result<Done<TaskId>> {
    let mut check = Check::new();
    let title = input.title.as_deref().map(|text| check.line("title", text, 1..=MAX_NAME));
    let description = input.description.as_deref().map(|text| check.text("description", text, 0..=MAX_TEXT));
    check.done()?;
    let mut tx = store.begin(actor).await?;
    let mut case = Case::lock(&mut tx, actor, input.id, TaskAct::Edit).await?;
    case.expect(Some(input.expected_version))?;
    let (firm, client) = (case.firm.id, case.client.id);
    case.task.title = title.unwrap_or_else(|| case.old.title.clone());
    case.task.description = description.unwrap_or_else(|| case.old.description.clone());
    if !input.dates.is_empty() {
        let by = name(tx.conn(), actor.staff()?.id).await?;
        let rules = Rules::read(tx.conn(), firm, &[client]).await?;
        case.following = input.dates.apply(&mut case.task, &rules, &by);
    }
    if case.task != case.old {
        let changed = differences(&case.old, &case.task);
        case.save(&mut tx, "taskEdit", Saved::Fields).await?;
        history::record(&tx, actor, &case.task, ActId::new(), &changed, None).await?;
    }
    tx.commit(input.id).await
}

fn differences(old: &Task, new: &Task) -> Vec<Changed> {
    let text = |value: &str| Some(value.to_owned());
    [
        Changed::between(TaskField::Title, text(&old.title), text(&new.title)),
        Changed::between(TaskField::Description, text(&old.description), text(&new.description)),
    ]
    .into_iter()
    .flatten()
    .chain(dates::differences(old, new))
    .collect()
}

/// Refuses an assignee who does not work for the firm now.
pub(super) async fn check_works_here(conn: &mut AsyncPgConnection, firm: FirmId, id: StaffId) -> Result<()> {
    let found: Option<StaffId> = staff_members::table
        .filter(works_here(firm))
        .filter(staff_members::id.eq(id))
        .select(staff_members::id)
        .get_result(conn)
        .await
        .optional()?;
    found.map(|_| ()).or_not_found("assigneeId")
}

/// The name of a staff member, for the explanation of a date that this person set.
pub(super) async fn name(conn: &mut AsyncPgConnection, staff: StaffId) -> Result<String> {
    Ok(staff_members::table.find(staff).select(staff_members::name).get_result(conn).await?)
}
