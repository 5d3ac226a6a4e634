//! What becomes of a task's documents when the task changes: they have its assignee, and its dates unless they have their
//! own; those of a canceled task are not expected any more.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Date, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{InputPath, Result};
use guichet_base::id::{ClientId, DepartmentId, DocumentDefinitionId, DocumentId, Id, StaffId, TaskId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_engine::actor::Scope;
use guichet_engine::feed::{Audience, Event};
use guichet_engine::reach;
use guichet_engine::searchable;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::documents;
use guichet_obligations::{Category, Direction, Due, Period};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::month::generation::run::by_hand::Documents;
use crate::month::task_type::model::Takes;

use super::model::{Task, TaskStatus};

/// What decides who sees a document.
struct Seen {
    client_id: ClientId,
    assignee_id: Option<StaffId>,
    department_id: Option<DepartmentId>,
    category: String,
}

impl Seen {
    fn audience(&self, portfolio: Option<StaffId>) -> Audience {
        guichet_engine::audience!(documents, self, portfolio)
    }
}

#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = SqlUuid)]
    id: DocumentId,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    old_assignee: Option<StaffId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    old_department: Option<DepartmentId>,
    #[diesel(sql_type = Bool)]
    was_hidden: bool,
    #[diesel(sql_type = Bool)]
    is_hidden: bool,
    #[diesel(sql_type = Bool)]
    is_moved: bool,
}

/// What the documents that follow a task get with its dates.
#[derive(Debug, Clone, Default)]
pub(super) struct Following {
    /// The documents of the kind of work.
    pub documents: Documents,
    /// How the legal date was found: for a day that a person set, who set it.
    pub due: Option<Due>,
}

/// Until when the client hands in what a task needs: what it shows of the task's dates, never the firm's own (C-09).
pub(super) fn asked_by(task: &Task) -> Option<NaiveDate> {
    task.hand_in_by.or(task.legal_due_on)
}

/// Lets the documents of a task follow its change, each with its event. Documents with an obligation or dates of their own keep
/// them. Of those that the kind of work does not know, those follow that have had the dates of the task.
pub(super) async fn follow(
    tx: &mut Tx,
    (old, new): (&Task, &Task),
    following: Option<&Following>,
    portfolio: Option<StaffId>,
) -> Result<()> {
    let legal = |task: &Task| (task.legal_due_on, task.due_facts.clone());
    let of =
        |task: &Task| (task.assignee_id, task.department_id, legal(task), asked_by(task), is_canceled(task));
    if of(old) == of(new) {
        return Ok(());
    }
    let now = tx.now;
    let none = Following::default();
    let Following { documents, due } = following.unwrap_or(&none);
    let uuids = |of: &[DocumentDefinitionId]| of.iter().map(|id| id.uuid()).collect::<Vec<Uuid>>();
    let (apart, moves_legal) = (&documents.apart, legal(old) != legal(new));
    let provisional = due.as_ref().map(|due| due.provisional.clone()).unwrap_or_default();
    let moved: Vec<Moved> = sql::kept(
        "WITH held AS (
             SELECT * FROM documents WHERE task_id = ? ORDER BY id FOR UPDATE
         ), related AS (
             SELECT held.id, definition_id = ANY (?) AS is_following, definition_id = ANY (?) AS is_own,
                 apart.definition IS NOT NULL AS is_apart, apart.hand_in
             FROM held LEFT JOIN unnest(?, ?) AS apart (definition, hand_in) ON apart.definition = definition_id
         ), found AS (
             SELECT held.id, CASE
                 WHEN ? THEN CASE WHEN state IN ('EXPECTED', 'REJECTED') THEN 'DROPPED' ELSE state END
                 WHEN state <> 'DROPPED' OR EXISTS (
                     SELECT FROM document_answers WHERE document_id = held.id AND answer = 'NOT_EXPECTED'
                 ) THEN state
                 WHEN EXISTS (SELECT FROM document_versions WHERE document_id = held.id AND is_current) THEN 'FILED'
                 WHEN direction = 'INPUT' AND EXISTS (
                     SELECT FROM document_versions WHERE document_id = held.id AND rejected_at IS NOT NULL
                 ) THEN 'REJECTED'
                 ELSE 'EXPECTED' END AS state,
             CASE WHEN is_due_set OR is_own THEN due_on
                 WHEN direction = 'INPUT' AND is_apart THEN CASE WHEN ? THEN coalesce(hand_in, ?) ELSE due_on END
                 WHEN direction = 'INPUT' AND (is_following OR due_on IS NOT DISTINCT FROM ?) THEN ?
                 WHEN direction = 'OUTPUT' AND (is_apart OR is_following OR due_on IS NOT DISTINCT FROM ?) THEN ?
                 ELSE due_on END AS due_on,
             CASE WHEN is_own THEN legal_due_on
                 WHEN is_apart OR is_following OR legal_due_on IS NOT DISTINCT FROM ? THEN ?
                 ELSE legal_due_on END AS legal_due_on,
             -- How it was found says the same as the date.
             ? AND is_own IS NOT TRUE
                 AND (is_apart OR is_following OR legal_due_on IS NOT DISTINCT FROM ?) AS is_refound
             FROM held JOIN related USING (id)
         ), moved AS (
             -- What the client sees of it.
             SELECT found.*, (found.state, found.due_on, found.legal_due_on)
                 IS DISTINCT FROM (held.state, held.due_on, held.legal_due_on) AS is_moved,
             held.state AS old_state, held.assignee_id AS old_assignee, held.department_id AS old_department
             FROM found JOIN held USING (id)
         )
         UPDATE documents AS d SET
             assignee_id = ?, department_id = ?,
             state = moved.state, due_on = moved.due_on, legal_due_on = moved.legal_due_on,
             due_facts = CASE WHEN moved.is_refound THEN ? ELSE d.due_facts END,
             provisional = CASE WHEN moved.is_refound THEN ? ELSE d.provisional END,
             version = d.version + moved.is_moved::int,
             updated_at = CASE WHEN moved.is_moved THEN ? ELSE d.updated_at END
         FROM moved WHERE d.id = moved.id
         RETURNING d.id, d.category, moved.old_assignee, moved.old_department, moved.is_moved,
             moved.old_state = 'DROPPED' AND d.published_at IS NULL AS was_hidden,
             d.state = 'DROPPED' AND d.published_at IS NULL AS is_hidden",
    )
    .bind::<SqlUuid, _>(new.id)
    .bind::<Array<SqlUuid>, _>(uuids(&documents.following))
    .bind::<Array<SqlUuid>, _>(uuids(&documents.own))
    .bind::<Array<SqlUuid>, _>(apart.iter().map(|(id, _)| id.uuid()).collect::<Vec<Uuid>>())
    .bind::<Array<Nullable<Date>>, _>(apart.iter().map(|(_, day)| *day).collect::<Vec<_>>())
    .bind::<Bool, _>(is_canceled(new))
    .bind::<Bool, _>(moves_legal)
    .bind::<Nullable<Date>, _>(new.legal_due_on)
    .bind::<Nullable<Date>, _>(asked_by(old))
    .bind::<Nullable<Date>, _>(asked_by(new))
    .bind::<Nullable<Date>, _>(old.legal_due_on)
    .bind::<Nullable<Date>, _>(new.legal_due_on)
    .bind::<Nullable<Date>, _>(old.legal_due_on)
    .bind::<Nullable<Date>, _>(new.legal_due_on)
    .bind::<Bool, _>(moves_legal)
    .bind::<Nullable<Date>, _>(old.legal_due_on)
    .bind::<SqlUuid, _>(new.assignee_id)
    .bind::<Nullable<SqlUuid>, _>(new.department_id)
    .bind::<Nullable<Jsonb>, _>(due.as_ref().map(|due| json!(due)))
    .bind::<Jsonb, _>(json!(provisional))
    .bind::<Timestamptz, _>(now)
    .load(tx.conn())
    .await?;
    for Moved { id, category, old_assignee, old_department, was_hidden, is_hidden, is_moved } in moved {
        let seen = |assignee_id, department_id, is_hidden: bool| {
            let category = category.clone();
            let seen = Seen { client_id: new.client_id, assignee_id, department_id, category };
            // Who works on it is no client's to know (C-01).
            seen.audience(portfolio).internal_if(is_hidden || !is_moved)
        };
        let before = Some(seen(old_assignee, old_department, was_hidden));
        let after = Some(seen(Some(new.assignee_id), new.department_id, is_hidden));
        tx.event(new.firm_id, Event { noun: DocumentId::NOUN, subject: id.uuid(), before, after });
    }
    Ok(())
}

fn is_canceled(task: &Task) -> bool {
    task.status == TaskStatus::Canceled
}

/// A document that staff write for one task (C-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewDocument {
    /// Its name.
    pub name: String,
    /// Who brings it.
    pub direction: Direction,
    /// What it is about.
    pub category: Category,
    /// The day that the client sees; that of the task without one.
    pub due_on: Option<NaiveDate>,
    /// What becomes of a second file.
    pub takes: Takes,
    /// Whether the client is asked to approve what is delivered.
    pub wants_approval: bool,
    /// Whether the work is not done without it.
    pub is_required: bool,
}

/// Most documents that staff write for a task.
const MAX_ADDED: usize = 30;

/// Checks documents that staff write for a task.
pub(super) fn check(check: &mut Check, given: &[NewDocument]) -> Vec<NewDocument> {
    check.count("documents", given.len(), &(0..=MAX_ADDED));
    let read = |(index, document): (usize, &NewDocument)| {
        let path = InputPath::from("documents").item(index).field("name");
        NewDocument { name: check.line(path, &document.name, 1..=MAX_NAME), ..document.clone() }
    };
    given.iter().take(MAX_ADDED).enumerate().map(read).collect()
}

/// Writes documents that staff wrote for a task of this period, each with its event. `text` is what each is found by.
pub(super) async fn add(
    tx: &mut Tx,
    (task, period): (&Task, Option<&Period>),
    added: &[NewDocument],
    text: impl Fn(&str) -> String,
    portfolio: Option<StaffId>,
) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let (now, facts) = (tx.now, task.shown_facts());
    let ids: Vec<DocumentId> = added.iter().map(|_| DocumentId::new()).collect();
    let row = |(document, id): (&NewDocument, &DocumentId)| {
        let (due_on, is_due_set) = match (document.due_on, document.direction) {
            (Some(day), _) => (Some(day), true),
            (None, Direction::Input) => (asked_by(task), false),
            (None, Direction::Output) => (task.legal_due_on, false),
        };
        (
            (
                documents::id.eq(*id),
                documents::firm_id.eq(task.firm_id),
                documents::client_id.eq(task.client_id),
                documents::task_id.eq(task.id),
                documents::task_type_id.eq(task.task_type_id),
                documents::assignee_id.eq(task.assignee_id),
                documents::department_id.eq(task.department_id),
            ),
            (
                documents::direction.eq(document.direction),
                documents::category.eq(document.category),
                documents::name.eq(document.name.clone()),
                documents::period.eq(task.period.clone()),
                documents::period_starts_on.eq(period.map(Period::start)),
                documents::takes.eq(document.takes),
                documents::wants_approval.eq(document.wants_approval),
                documents::is_required.eq(document.is_required),
            ),
            (
                documents::legal_due_on.eq(task.legal_due_on),
                documents::due_on.eq(due_on),
                documents::is_due_set.eq(is_due_set),
                documents::provisional.eq(task.provisional.clone()),
                documents::due_facts.eq(facts.clone()),
            ),
            searchable!(documents, text(&document.name)),
            (documents::created_at.eq(now), documents::updated_at.eq(now)),
        )
    };
    let rows: Vec<_> = added.iter().zip(&ids).map(row).collect();
    diesel::insert_into(documents::table).values(rows).execute(tx.conn()).await?;
    for (document, id) in added.iter().zip(ids) {
        let seen = Seen {
            client_id: task.client_id,
            assignee_id: Some(task.assignee_id),
            department_id: task.department_id,
            category: document.category.as_str().to_owned(),
        };
        let after = Some(seen.audience(portfolio));
        tx.event(task.firm_id, Event { noun: DocumentId::NOUN, subject: id.uuid(), before: None, after });
    }
    Ok(())
}

/// Whether staff said of a document that its task does not need it.
fn is_unneeded() -> SqlLiteral<Bool> {
    diesel::dsl::sql(
        "EXISTS (SELECT FROM document_answers WHERE document_id = documents.id AND answer = 'NOT_EXPECTED')",
    )
}

/// How many required documents tasks lack (C-03), of those within a scope: of a canceled task those that it would lack if it
/// were open.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn missing(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[TaskId],
) -> Result<HashMap<TaskId, i64>> {
    let counts: Vec<(TaskId, i64)> = documents::table
        .filter(reach::visible::<documents::table>(scope).checked())
        .filter(sql::among(documents::task_id, ids))
        .filter(documents::is_required)
        .filter(documents::state.eq_any(["EXPECTED", "REJECTED", "DROPPED"]))
        // What somebody said is not needed is not lacking.
        .filter(documents::state.ne("DROPPED").or(diesel::dsl::not(is_unneeded())))
        .group_by(documents::task_id)
        .select((documents::task_id.assume_not_null(), diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(counts.into_iter().collect())
}
