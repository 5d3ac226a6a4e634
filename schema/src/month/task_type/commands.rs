//! Commands on kinds of work.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::collation;
use guichet_base::error::{Code, InputPath, OrNotFound, Refusal, Result};
use guichet_base::id::{DepartmentId, DocumentDefinitionId, FirmId, ObligationId, StaffId, TaskTypeId};
use guichet_base::input::{Check, MAX_NAME, MAX_TEXT, OrTaken, Patch};
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{document_definitions, obligations, task_types};
use guichet_engine::{first, refolded, searchable};
use guichet_obligations::{Category, Direction, PeriodKind};
use serde::Serialize;
use serde_json::Value;

use crate::month::obligation;
use crate::people::rights::{self, FirmAct};
use crate::people::{department, firm};

use super::model::{DocumentDefinition, Takes, TaskType};
use super::rules::{self, MAX_DOCUMENTS, search_text};

/// A document of a kind of work, as somebody enters it.
#[derive(Debug, Clone, Serialize)]
pub struct DocumentInput {
    /// The definition that it was; none for a new one.
    pub id: Option<DocumentDefinitionId>,
    /// Its name.
    pub name: String,
    /// Who brings it.
    pub direction: Direction,
    /// What it is about.
    pub category: Category,
    /// The first level of its folder in the client's library.
    pub folder: Option<String>,
    /// Its own obligation, if it is another than that of the work.
    pub obligation_id: Option<ObligationId>,
    /// Until when the client hands it in, where that is not what the kind of work says.
    pub hand_in_rule: Option<Value>,
    /// What becomes of a second file.
    pub takes: Takes,
    /// Whether a file of it is published as soon as it is stored.
    pub publish_on_upload: bool,
    /// Whether the client is asked to approve what is delivered.
    pub wants_approval: bool,
    /// Whether the work is not done without it.
    pub is_required: bool,
}

/// How often work recurs, and when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RecurrenceInput {
    /// For which periods.
    pub period_kind: PeriodKind,
    /// For months: how many months a period has.
    pub every: i32,
    /// The month in which tasks are generated, counted from the one in which the period ends.
    pub generate_month: i32,
    /// The day of that month.
    pub generate_day: i16,
}

/// Input for a kind of work.
#[derive(Debug, Clone, Serialize)]
pub struct CreateTaskType {
    /// Its name, unique in the firm.
    pub name: String,
    /// What it is.
    pub description: String,
    /// What it is about.
    pub category: Category,
    /// The department that does it.
    pub department_id: Option<DepartmentId>,
    /// What it is due for.
    pub obligation_id: Option<ObligationId>,
    /// The firm's own date.
    pub target_rule: Option<Value>,
    /// Until when the client hands in what is needed.
    pub hand_in_rule: Option<Value>,
    /// How often it recurs.
    pub recurrence: RecurrenceInput,
    /// For months: only those that end in one of these.
    pub months: Vec<i16>,
    /// Who does it, if not the client's accountant.
    pub assignee_id: Option<StaffId>,
    /// Whether the client's accountant comes before the fixed assignee.
    pub assign_portfolio: bool,
    /// Whether clients may ask for it.
    pub is_requestable: bool,
    /// Whether its documents are expected.
    pub expects_documents: bool,
    /// Its documents, in their order.
    pub documents: Vec<DocumentInput>,
}

/// Input for changing a kind of work. Tasks that exist keep what they have.
#[derive(Debug, Clone)]
pub struct UpdateTaskType {
    /// The kind of work.
    pub id: TaskTypeId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// What it is about.
    pub category: Option<Category>,
    /// The department that does it.
    pub department_id: Patch<DepartmentId>,
    /// What it is due for.
    pub obligation_id: Patch<ObligationId>,
    /// The firm's own date.
    pub target_rule: Patch<Value>,
    /// Until when the client hands in what is needed.
    pub hand_in_rule: Patch<Value>,
    /// How often it recurs.
    pub recurrence: Option<RecurrenceInput>,
    /// For months: only those that end in one of these.
    pub months: Option<Vec<i16>>,
    /// Who does it, if not the client's accountant.
    pub assignee_id: Patch<StaffId>,
    /// Whether the client's accountant comes before the fixed assignee.
    pub assign_portfolio: Option<bool>,
    /// Whether clients may ask for it.
    pub is_requestable: Option<bool>,
    /// Whether its documents are expected.
    pub expects_documents: Option<bool>,
    /// Whether it is offered.
    pub active: Option<bool>,
    /// Its documents, in their order; those that are not among them are not expected of new tasks any more.
    pub documents: Option<Vec<DocumentInput>>,
}

/// Creates a kind of work. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of the fields, `INVALID_RULE` about the place in a rule that is wrong; `TAKEN` about `name`;
/// `NOT_FOUND` about what is referred to.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateTaskType,
) -> Result<Done<TaskTypeId>> {
    rights::may(&actor.membership, FirmAct::TaskTypeCreate)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "taskTypeCreate", key, &input).await?);
    let mut check = Check::new();
    let RecurrenceInput { period_kind, every, generate_month, generate_day } = input.recurrence;
    let task_type = TaskType {
        id: TaskTypeId::new(),
        firm_id,
        name: check.line("name", &input.name, 1..=MAX_NAME),
        description: check.text("description", &input.description, 0..=MAX_TEXT),
        shipped_code: None,
        category: input.category,
        department_id: input.department_id,
        obligation_id: input.obligation_id,
        target_rule: input.target_rule,
        hand_in_rule: input.hand_in_rule,
        period_kind,
        every,
        months: input.months,
        generate_month,
        generate_day,
        assignee_id: input.assignee_id,
        assign_portfolio: input.assign_portfolio,
        is_requestable: input.is_requestable,
        expects_documents: input.expects_documents,
        active: true,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    check_all(&mut tx, &mut check, actor, &task_type).await?;
    let documents = read_documents(&mut tx, &mut check, &task_type, &input.documents, &[]).await?;
    check.done()?;
    insert(tx.conn(), &task_type, &documents).await.or_taken("name")?;
    tx.changed(firm_id, "taskTypeCreate", task_type.id, None, Some(task_type.audience()));
    tx.commit(task_type.id).await
}

/// Changes a kind of work; when nothing changes, nothing is recorded. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`; refusals of the fields as for [`create`].
pub async fn update(store: &Store, actor: &Actor, input: UpdateTaskType) -> Result<Done<TaskTypeId>> {
    rights::may(&actor.membership, FirmAct::TaskTypeUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old: TaskType = task_types::table
        .filter(task_types::firm_id.eq(actor.firm_id()))
        .filter(task_types::id.eq(input.id))
        .select(TaskType::as_select())
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    if old.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    let mut check = Check::new();
    let mut new = old.clone();
    if let Some(name) = input.name {
        new.name = check.line("name", &name, 1..=MAX_NAME);
    }
    if let Some(description) = input.description {
        new.description = check.text("description", &description, 0..=MAX_TEXT);
    }
    new.category = input.category.unwrap_or(old.category);
    new.department_id = input.department_id.apply(old.department_id);
    new.obligation_id = input.obligation_id.apply(old.obligation_id);
    new.target_rule = input.target_rule.apply(old.target_rule.clone());
    new.hand_in_rule = input.hand_in_rule.apply(old.hand_in_rule.clone());
    if let Some(RecurrenceInput { period_kind, every, generate_month, generate_day }) = input.recurrence {
        (new.period_kind, new.every) = (period_kind, every);
        (new.generate_month, new.generate_day) = (generate_month, generate_day);
    }
    new.months = input.months.unwrap_or(new.months);
    new.assignee_id = input.assignee_id.apply(old.assignee_id);
    new.assign_portfolio = input.assign_portfolio.unwrap_or(old.assign_portfolio);
    new.is_requestable = input.is_requestable.unwrap_or(old.is_requestable);
    new.expects_documents = input.expects_documents.unwrap_or(old.expects_documents);
    new.active = input.active.unwrap_or(old.active);
    // What recurs keeps its periods: those of another kind would have other names.
    let is_used = is_used(tx.conn(), old.id).await?;
    let same = (new.period_kind, new.every) == (old.period_kind, old.every);
    check.require(same || !is_used, Refusal::of("recurrence", Code::InUse));
    // Nor does it get other ones: all since its first period would be generated at once.
    let fewer = new.months.iter().all(|month| old.months.contains(month)) && !new.months.is_empty();
    check.require(fewer || old.months.is_empty() || !is_used, Refusal::of("months", Code::InUse));
    check_all(&mut tx, &mut check, actor, &new).await?;
    let before = definitions(tx.conn(), old.id).await?;
    let documents = match &input.documents {
        Some(documents) => Some(read_documents(&mut tx, &mut check, &new, documents, &before).await?),
        None => None,
    };
    check.done()?;
    let redone = documents.as_ref().is_some_and(|documents| *documents != before);
    if new != old || redone {
        new.version += 1;
        new.updated_at = tx.now;
        diesel::update(task_types::table.find(new.id))
            .set((
                &new,
                task_types::name_key.eq(collation::key(&new.name)),
                searchable!(task_types, search_text(&new)),
            ))
            .execute(tx.conn())
            .await
            .or_taken("name")?;
        if let Some(documents) = documents.filter(|_| redone) {
            write_documents(&mut tx, &before, &documents).await?;
        }
        tx.changed(new.firm_id, "taskTypeUpdate", new.id, Some(old.audience()), Some(new.audience()));
    }
    tx.commit(new.id).await
}

/// Checks what a kind of work refers to, its rules and its recurrence.
async fn check_all(tx: &mut Tx, check: &mut Check, actor: &Actor, of: &TaskType) -> Result<()> {
    rules::check_recurrence(check, of);
    let department: Vec<_> = of.department_id.map(|id| ("departmentId".into(), id)).into_iter().collect();
    department::queries::check_known(tx.conn(), check, &actor.scope(), &department).await?;
    if let Some(id) = of.assignee_id {
        firm::queries::check_employed(tx.conn(), check, of.firm_id, &[("assigneeId".into(), id)]).await?;
    }
    if let Some(id) = of.obligation_id {
        let kind = kind_of(tx.conn(), of.firm_id, id).await?;
        check.found(&[("obligationId".into(), id)], |_| kind.is_some());
        // Its periods are those of the obligation, or its due dates could not be found.
        let fits = kind.is_none_or(|kind| kind == of.period_kind && of.every == 1);
        check.require(fits, Refusal::of("obligationId", Code::OutOfRange));
    }
    let book = obligation::queries::book(tx.conn(), of.firm_id).await?;
    for (field, rule) in [("targetRule", &of.target_rule), ("handInRule", &of.hand_in_rule)] {
        let Some(rule) = rule else { continue };
        match obligation::rules::read_due(field, rule) {
            Ok(rule) => {
                for wrong in book.check_own(&rule, of.period_kind) {
                    check.refuse(obligation::rules::misfit(field.into(), &wrong));
                }
            }
            Err(refusal) => check.refuse(refusal),
        }
    }
    Ok(())
}

/// Reads the documents of an input. One that is there already keeps its id and when it was created.
async fn read_documents(
    tx: &mut Tx,
    check: &mut Check,
    of: &TaskType,
    input: &[DocumentInput],
    before: &[DocumentDefinition],
) -> Result<Vec<DocumentDefinition>> {
    check.count("documents", input.len(), &(0..=MAX_DOCUMENTS));
    let known: HashMap<DocumentDefinitionId, &DocumentDefinition> =
        before.iter().map(|document| (document.id, document)).collect();
    let book = obligation::queries::book(tx.conn(), of.firm_id).await?;
    let mut documents = Vec::new();
    for (index, given) in input.iter().take(MAX_DOCUMENTS).enumerate() {
        let path = InputPath::from("documents").item(index);
        let old = given.id.and_then(|id| known.get(&id));
        check.require(
            given.id.is_none() || old.is_some(),
            Refusal::of(path.clone().field("id"), Code::NotFound),
        );
        if let Some(id) = given.obligation_id {
            let kind = kind_of(tx.conn(), of.firm_id, id).await?;
            check.require(kind.is_some(), Refusal::of(path.clone().field("obligationId"), Code::NotFound));
            let fits = kind.is_none_or(|kind| kind == of.period_kind);
            check.require(fits, Refusal::of(path.clone().field("obligationId"), Code::OutOfRange));
        }
        if let Some(rule) = &given.hand_in_rule {
            let at = path.clone().field("handInRule");
            // Nobody hands in what is delivered.
            let is_input = given.direction == Direction::Input;
            check.require(is_input, Refusal::of(at.clone(), Code::OutOfRange));
            match obligation::rules::read_due(at.clone(), rule) {
                Ok(rule) => {
                    for wrong in book.check_own(&rule, of.period_kind) {
                        check.refuse(obligation::rules::misfit(at.clone(), &wrong));
                    }
                }
                Err(refusal) => check.refuse(refusal),
            }
        }
        let folder = check.optional_line(path.clone().field("folder"), given.folder.as_deref(), MAX_NAME);
        documents.push(DocumentDefinition {
            id: old.map_or_else(DocumentDefinitionId::new, |old| old.id),
            firm_id: of.firm_id,
            task_type_id: of.id,
            position: i32::try_from(index).unwrap_or(i32::MAX),
            name: check.line(path.field("name"), &given.name, 1..=MAX_NAME),
            direction: given.direction,
            category: given.category,
            folder,
            obligation_id: given.obligation_id,
            takes: given.takes,
            publish_on_upload: given.publish_on_upload,
            wants_approval: given.wants_approval,
            is_required: given.is_required,
            retired_at: None,
            created_at: old.map_or(tx.now, |old| old.created_at),
            hand_in_rule: given.hand_in_rule.clone(),
        });
    }
    Ok(documents)
}

/// Writes the documents of a kind of work that is there; those that are not among them are not expected any more.
async fn write_documents(
    tx: &mut Tx,
    before: &[DocumentDefinition],
    documents: &[DocumentDefinition],
) -> Result<()> {
    let kept: Vec<DocumentDefinitionId> = documents.iter().map(|document| document.id).collect();
    let gone: Vec<DocumentDefinitionId> =
        before.iter().map(|document| document.id).filter(|id| !kept.contains(id)).collect();
    let now = tx.now;
    diesel::update(document_definitions::table.filter(document_definitions::id.eq_any(gone)))
        .set(document_definitions::retired_at.eq(now))
        .execute(tx.conn())
        .await?;
    for document in documents {
        diesel::insert_into(document_definitions::table)
            .values(document)
            .on_conflict(document_definitions::id)
            .do_update()
            .set(document)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

async fn definitions(conn: &mut AsyncPgConnection, of: TaskTypeId) -> Result<Vec<DocumentDefinition>> {
    Ok(document_definitions::table
        .filter(document_definitions::task_type_id.eq(of))
        .filter(document_definitions::retired_at.is_null())
        .order((document_definitions::position, document_definitions::id))
        .select(DocumentDefinition::as_select())
        .load(conn)
        .await?)
}

async fn kind_of(conn: &mut AsyncPgConnection, firm: FirmId, id: ObligationId) -> Result<Option<PeriodKind>> {
    let of_firm = obligations::table.filter(obligations::firm_id.eq(firm)).filter(obligations::id.eq(id));
    Ok(of_firm.select(obligations::kind).get_result(conn).await.optional()?)
}

async fn is_used(conn: &mut AsyncPgConnection, of: TaskTypeId) -> Result<bool> {
    use guichet_engine::tables::recurring_tasks;
    let used = recurring_tasks::table.filter(recurring_tasks::task_type_id.eq(of));
    Ok(diesel::select(diesel::dsl::exists(used)).get_result(conn).await?)
}

/// Writes the row of a kind of work with its documents.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    task_type: &TaskType,
    documents: &[DocumentDefinition],
) -> QueryResult<usize> {
    diesel::insert_into(task_types::table)
        .values((
            task_type,
            task_types::name_key.eq(collation::key(&task_type.name)),
            searchable!(task_types, search_text(task_type)),
        ))
        .execute(&mut *conn)
        .await?;
    diesel::insert_into(document_definitions::table).values(documents).execute(conn).await
}

refolded!(task_types, TaskType, async |_, types: &[TaskType]| -> Result<_> {
    Ok(types.iter().map(search_text).collect())
});
