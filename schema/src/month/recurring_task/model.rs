//! The rows of recurring tasks.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use guichet_base::id::{
    ClientId, DocumentDefinitionId, FirmId, OverrideId, PauseId, RecurringTaskId, StaffId, TaskTypeId,
};
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, Position};
use guichet_engine::tables::{
    recurring_task_overrides, recurring_task_pauses, recurring_task_unexpected, recurring_tasks,
};

/// The order of recurring tasks.
pub const BY_CREATED: &str = "CREATED_AT";

/// A kind of work that a client has, from a period on.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = recurring_tasks, treat_none_as_null = true)]
pub struct RecurringTask {
    /// Its id.
    pub id: RecurringTaskId,
    /// The firm.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// The kind of work.
    pub task_type_id: TaskTypeId,
    /// Who does it for this client; else as the kind of work says.
    pub assignee_id: Option<StaffId>,
    /// The first period.
    pub first_period: String,
    /// The last period, included; none without an end.
    pub last_period: Option<String>,
    /// Whether its documents are expected; else as the kind of work says.
    pub expects_documents: Option<bool>,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl RecurringTask {
    /// Its position in the list of recurring tasks.
    pub fn position(&self) -> Position {
        keyset::position(BY_CREATED, false, &self.created_at, self.id)
    }

    /// Who can see it: the staff who see the client.
    pub fn audience(&self, portfolio: Option<StaffId>) -> Audience {
        guichet_engine::audience!(recurring_tasks, self, portfolio)
    }
}

/// Periods for which a recurring task rests. They are skipped, and not caught up.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = recurring_task_pauses)]
pub struct Pause {
    /// Its id.
    pub id: PauseId,
    /// The firm.
    pub firm_id: FirmId,
    /// The recurring task.
    pub recurring_task_id: RecurringTaskId,
    /// The first period.
    pub from_period: String,
    /// The last one, included; none until somebody resumes it.
    pub to_period: Option<String>,
    /// Why.
    pub reason: String,
}

/// A date or a rule of the firm's own for some periods of one client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = recurring_task_overrides)]
pub struct DueOverride {
    /// Its id.
    pub id: OverrideId,
    /// The firm.
    pub firm_id: FirmId,
    /// The recurring task.
    pub recurring_task_id: RecurringTaskId,
    /// The document; the task itself without one.
    pub definition_id: Option<DocumentDefinitionId>,
    /// The first period.
    pub from_period: String,
    /// The last one, included; none without an end.
    pub to_period: Option<String>,
    /// The rule, or a table of dates.
    pub due: serde_json::Value,
    /// Why.
    pub reason: String,
}

/// A document that a client is not asked for, though the kind of work expects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = recurring_task_unexpected)]
pub struct Unexpected {
    /// The recurring task.
    pub recurring_task_id: RecurringTaskId,
    /// The document.
    pub definition_id: DocumentDefinitionId,
    /// The firm.
    pub firm_id: FirmId,
}
