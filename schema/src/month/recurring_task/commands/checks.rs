//! What is checked before recurring work is written.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Code, OrNotFound, Refusal, Result, Told};
use guichet_base::id::{ClientId, DocumentDefinitionId, FirmId, StaffId, TaskTypeId};
use guichet_base::input::{Check, items};
use guichet_engine::store::Tx;
use guichet_engine::tables::{document_definitions, recurring_tasks, task_types};
use guichet_obligations::{Period, Recurrence};

use crate::month::recurring_task::model::RecurringTask;
use crate::month::recurring_task::rules;
use crate::month::task_type::model::TaskType;
use crate::month::task_type::rules::recurrence;
use crate::people::client::record::queries::{Record, records};
use crate::people::firm;

/// Longest name of a period, in characters.
const MAX_PERIOD: usize = 20;

/// What recurring work is made of: the client's record and the kind of work.
pub(super) struct Context {
    pub(super) record: Record,
    pub(super) recurrence: Recurrence,
}

impl Context {
    /// Reads what a client's work of this kind is made of.
    pub(super) async fn read(
        conn: &mut AsyncPgConnection,
        firm: FirmId,
        client: ClientId,
        kind: &TaskType,
    ) -> Result<Self> {
        let mut found = records(conn, firm, Some(&[client])).await?;
        Ok(Self { record: found.remove(&client).or_not_found("clientId")?, recurrence: recurrence(kind) })
    }

    /// A period by its name, or its refusal.
    pub(super) fn period(&self, check: &mut Check, path: &'static str, name: &str) -> Option<Period> {
        let name = check.line(path, name, 1..=MAX_PERIOD);
        let period = Period::parse(&name, self.recurrence.every, &self.record.years)
            .filter(|period| period.kind() == self.recurrence.kind);
        let refusal = || Refusal::of(path, Code::OutOfRange).asked(Told::Text(name.clone()));
        check.require(period.is_some() || name.is_empty(), refusal());
        period
    }
}

/// A kind of work of the firm.
pub(super) async fn kind(conn: &mut AsyncPgConnection, firm: FirmId, id: TaskTypeId) -> Result<TaskType> {
    task_types::table
        .filter(task_types::firm_id.eq(firm))
        .filter(task_types::id.eq(id))
        .select(TaskType::as_select())
        .get_result(conn)
        .await
        .optional()?
        .or_not_found("taskTypeId")
}

/// Refuses a recurring task that has a period in common with another one of the same client and kind of work. The client is
/// locked.
pub(super) async fn check_alone(
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

/// Refuses an assignee who does not work for the firm.
pub(super) async fn check_employed(
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

/// Refuses documents that are none of this kind of work.
pub(super) async fn check_documents(
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
pub(super) async fn definitions(
    conn: &mut AsyncPgConnection,
    of: TaskTypeId,
) -> Result<Vec<DocumentDefinitionId>> {
    let of_type = document_definitions::table.filter(document_definitions::task_type_id.eq(of));
    Ok(of_type.select(document_definitions::id).load(conn).await?)
}
