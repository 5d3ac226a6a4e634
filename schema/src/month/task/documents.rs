//! What becomes of a task's documents when the task changes: they have its assignee, and its dates unless they have their
//! own; those of a canceled task are not expected any more.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, DepartmentId, DocumentId, Id, StaffId, TaskId};
use guichet_engine::actor::Scope;
use guichet_engine::feed::{Audience, Event};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::documents;

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
}

/// Until when the client hands in what a task needs: what it shows of the task's dates.
fn asked_by(task: &Task) -> Option<NaiveDate> {
    task.hand_in_by.or(task.target_on).or(task.legal_due_on)
}

/// Lets the documents of a task follow its change, each with its event.
pub(super) async fn follow(tx: &mut Tx, old: &Task, new: &Task, portfolio: Option<StaffId>) -> Result<()> {
    let of = |task: &Task| {
        (task.assignee_id, task.department_id, task.legal_due_on, asked_by(task), is_canceled(task))
    };
    if of(old) == of(new) {
        return Ok(());
    }
    let now = tx.now;
    let moved: Vec<Moved> = sql::kept(
        "UPDATE documents AS d SET
             assignee_id = ?, department_id = ?,
             state = CASE WHEN ? THEN CASE WHEN d.state IN ('EXPECTED', 'REJECTED') THEN 'DROPPED' ELSE d.state END
                 WHEN d.state = 'DROPPED' THEN CASE WHEN d.last_version > 0 THEN 'REJECTED' ELSE 'EXPECTED' END
                 ELSE d.state END,
             due_on = CASE WHEN d.is_due_set THEN d.due_on
                 WHEN d.direction = 'INPUT' AND d.due_on IS NOT DISTINCT FROM ? THEN ?
                 WHEN d.direction = 'OUTPUT' AND d.due_on IS NOT DISTINCT FROM ? THEN ?
                 ELSE d.due_on END,
             legal_due_on = CASE WHEN d.legal_due_on IS NOT DISTINCT FROM ? THEN ? ELSE d.legal_due_on END,
             version = d.version + 1, updated_at = ?
         FROM (SELECT id, assignee_id, department_id FROM documents WHERE task_id = ? ORDER BY id FOR UPDATE) AS old
         WHERE d.id = old.id
         RETURNING d.id, d.category, old.assignee_id AS old_assignee, old.department_id AS old_department",
    )
    .bind::<SqlUuid, _>(new.assignee_id)
    .bind::<Nullable<SqlUuid>, _>(new.department_id)
    .bind::<Bool, _>(is_canceled(new))
    .bind::<Nullable<Date>, _>(asked_by(old))
    .bind::<Nullable<Date>, _>(asked_by(new))
    .bind::<Nullable<Date>, _>(old.legal_due_on)
    .bind::<Nullable<Date>, _>(new.legal_due_on)
    .bind::<Nullable<Date>, _>(old.legal_due_on)
    .bind::<Nullable<Date>, _>(new.legal_due_on)
    .bind::<Timestamptz, _>(now)
    .bind::<SqlUuid, _>(new.id)
    .load(tx.conn())
    .await?;
    for Moved { id, category, old_assignee, old_department } in &moved {
        let seen = |assignee_id, department_id| {
            let category = category.clone();
            Seen { client_id: new.client_id, assignee_id, department_id, category }.audience(portfolio)
        };
        let before = Some(seen(*old_assignee, *old_department));
        let after = Some(seen(Some(new.assignee_id), new.department_id));
        tx.event(new.firm_id, Event { noun: DocumentId::NOUN, subject: id.uuid(), before, after });
    }
    Ok(())
}

fn is_canceled(task: &Task) -> bool {
    task.status == TaskStatus::Canceled
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
        .group_by(documents::task_id)
        .select((documents::task_id.assume_not_null(), diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(counts.into_iter().collect())
}
