//! What mutations on recurring tasks are given, and how it becomes commands.

use async_graphql::{ID, InputObject, MaybeUndefined};
use guichet_base::error;
use guichet_schema::month::recurring_task::commands::{
    CreateRecurringTask, SetOverride, UpdateRecurringTask,
};

use crate::graphql::month::obligation::DueRule;
use crate::graphql::payload::{id, id_patch, ids, optional_id, patch};

/// Input for `recurringTaskCreate`: a kind of work for a client.
#[derive(Debug, InputObject)]
pub struct RecurringTaskCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the client.
    client_id: ID,
    /// The ID of the kind of work.
    task_type_id: ID,
    /// The ID of the staff member who does the work for this client. Omit it to let the kind of work decide.
    assignee_id: Option<ID>,
    /// The name of the first period: `2026-03`, `2026-Q1`, `2026`, or a fiscal year by its closing day, `FY2026-06-30`; at most
    /// six years back.
    first_period: String,
    /// The name of the last period, which is included.
    last_period: Option<String>,
    /// Whether its documents are expected. Omit it to let the kind of work decide.
    expects_documents: Option<bool>,
    /// The IDs of the document definitions that this client is not asked for.
    #[graphql(default)]
    unexpected_document_ids: Vec<ID>,
}

impl RecurringTaskCreateInput {
    pub(super) fn read(self) -> error::Result<(String, CreateRecurringTask)> {
        let input = CreateRecurringTask {
            client_id: id("clientId", &self.client_id)?,
            task_type_id: id("taskTypeId", &self.task_type_id)?,
            assignee_id: optional_id("assigneeId", self.assignee_id.as_ref())?,
            first_period: self.first_period,
            last_period: self.last_period,
            expects_documents: self.expects_documents,
            unexpected: ids("unexpectedDocumentIds", &self.unexpected_document_ids)?,
        };
        Ok((self.idempotency_key, input))
    }
}

/// Input for `recurringTaskUpdate`: the changes to a recurring task. An omitted field keeps its value; null removes the
/// value. Tasks that exist stay as they are.
#[derive(Debug, InputObject)]
pub struct RecurringTaskUpdateInput {
    /// The ID of the recurring task.
    pub(super) id: ID,
    /// The version that was read. If the recurring task has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The ID of the staff member who does the work for this client; null to let the kind of work decide.
    assignee_id: MaybeUndefined<ID>,
    /// The name of the last period, which is included; null for no end.
    last_period: MaybeUndefined<String>,
    /// Whether its documents are expected; null to let the kind of work decide.
    expects_documents: MaybeUndefined<bool>,
    /// The IDs of the document definitions that this client is not asked for. The list replaces the existing one.
    unexpected_document_ids: Option<Vec<ID>>,
}

impl RecurringTaskUpdateInput {
    pub(super) fn read(self) -> error::Result<UpdateRecurringTask> {
        let unexpected = self.unexpected_document_ids.as_deref();
        Ok(UpdateRecurringTask {
            id: id("id", &self.id)?,
            expected_version: self.expected_version,
            assignee_id: id_patch("assigneeId", self.assignee_id)?,
            last_period: patch(self.last_period),
            expects_documents: patch(self.expects_documents),
            unexpected: unexpected.map(|given| ids("unexpectedDocumentIds", given)).transpose()?,
        })
    }
}

/// Input for `recurringTaskPause`: the periods for which a recurring task rests.
#[derive(Debug, InputObject)]
pub struct RecurringTaskPauseInput {
    /// The ID of the recurring task.
    pub(super) id: ID,
    /// The version that was read. If the recurring task has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    pub(super) expected_version: i32,
    /// The name of the first period.
    pub(super) from_period: String,
    /// The name of the last period, which is included. Omit it to let the work rest until it is resumed.
    pub(super) to_period: Option<String>,
    /// The reason; up to 200 characters.
    #[graphql(default)]
    pub(super) reason: String,
}

/// Input for `recurringTaskResume`: the period from which the work goes on.
#[derive(Debug, InputObject)]
pub struct RecurringTaskResumeInput {
    /// The ID of the recurring task.
    pub(super) id: ID,
    /// The version that was read. If the recurring task has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    pub(super) expected_version: i32,
    /// The name of the first period that is worked on again.
    pub(super) from_period: String,
}

/// Input for `recurringTaskOverrideSet`: a date or a rule of the firm's own for some periods of one client.
#[derive(Debug, InputObject)]
pub struct RecurringTaskOverrideSetInput {
    /// The ID of the recurring task.
    pub(super) id: ID,
    /// The ID of the document definition. Omit it for the task itself.
    definition_id: Option<ID>,
    /// The name of the first period. What was set from this period on is replaced.
    from_period: String,
    /// The name of the last period, which is included. Omit it for no end.
    to_period: Option<String>,
    /// The rule, or a table of dates such as `{"dates": {"2026-03": "2026-04-15"}}`. Omit it to remove what was set.
    due: Option<DueRule>,
    /// The reason; 1 to 200 characters, or nothing when what was set is removed.
    #[graphql(default)]
    reason: String,
}

impl RecurringTaskOverrideSetInput {
    pub(super) fn read(self) -> error::Result<SetOverride> {
        Ok(SetOverride {
            id: id("id", &self.id)?,
            definition_id: optional_id("definitionId", self.definition_id.as_ref())?,
            from_period: self.from_period,
            to_period: self.to_period,
            due: self.due.map(|rule| rule.0),
            reason: self.reason,
        })
    }
}
