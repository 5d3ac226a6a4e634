//! The rows of tasks.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use guichet_base::id::{
    ClientId, DepartmentId, FirmId, GenerationId, RecurringTaskId, StaffId, TaskId, TaskTypeId,
};
use guichet_base::text_enum;
use guichet_engine::feed::Audience;
use guichet_engine::tables::tasks;
use guichet_obligations::{Due, Provisional};

text_enum! {
    /// The status of a task.
    pub enum TaskStatus {
        /// Nobody has begun.
        Todo = "TODO",
        /// Somebody works on it.
        InProgress = "IN_PROGRESS",
        /// It waits for the client.
        WaitingClient = "WAITING_CLIENT",
        /// It is done.
        Done = "DONE",
        /// It was canceled.
        Canceled = "CANCELED",
    }
}

impl TaskStatus {
    /// Whether nothing is left to do.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Canceled)
    }
}

text_enum! {
    /// Where a task comes from.
    pub enum TaskOrigin {
        /// It was generated from a recurring task.
        Recurring = "RECURRING",
        /// Staff entered it.
        Hand = "HAND",
        /// A client asked for it.
        ClientRequest = "CLIENT_REQUEST",
    }
}

/// A piece of work for one client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The firm.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// The recurring task that it comes from.
    pub recurring_task_id: Option<RecurringTaskId>,
    /// The kind of work.
    pub task_type_id: Option<TaskTypeId>,
    /// The run that made it, if a person asked for that.
    pub generation_id: Option<GenerationId>,
    /// Where it comes from.
    pub origin: TaskOrigin,
    /// The name of the period that it is about.
    pub period: Option<String>,
    /// What is to be done.
    pub title: String,
    /// The details.
    pub description: String,
    /// Who does it; there is always somebody (C-02).
    pub assignee_id: StaffId,
    /// The department.
    pub department_id: Option<DepartmentId>,
    /// Its status.
    pub status: TaskStatus,
    /// The date of the law.
    pub legal_due_on: Option<NaiveDate>,
    /// The firm's own date, never shown to clients.
    pub target_on: Option<NaiveDate>,
    /// Whether a person set it, so that it does not follow the legal one.
    pub is_target_set: bool,
    /// Until when the client hands in what is needed.
    pub hand_in_by: Option<NaiveDate>,
    /// Whether a person set it, so that it does not follow the legal one.
    pub is_hand_in_set: bool,
    /// Why the legal date may still change, as it is kept.
    pub provisional: serde_json::Value,
    /// How the legal date was found, as it is kept.
    pub due_facts: Option<serde_json::Value>,
    /// Whether it was generated after its legal date.
    pub was_generated_late: bool,
    /// Whether nobody has acted on it yet.
    pub is_untouched: bool,
    /// The number of its last comment; 0 when there is none.
    pub last_message_seq: i32,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When any of it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was closed, if it is closed.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Task {
    /// Who can see it; `portfolio` is the client's accountant (B-15).
    pub fn audience(&self, portfolio: Option<StaffId>) -> Audience {
        guichet_engine::audience!(tasks, self, portfolio)
    }

    /// Whether a person set the legal date, so that it does not move with its rule: then nothing tells how it was found.
    pub fn is_legal_set(&self) -> bool {
        self.legal_due_on.is_some() && self.due_facts.is_none()
    }

    /// How the legal date was found.
    pub fn due(&self) -> Option<Due> {
        serde_json::from_value(self.due_facts.clone()?).ok()
    }

    /// How the legal date was found, without the firm's own dates: for documents, which clients see.
    pub fn shown_facts(&self) -> Option<serde_json::Value> {
        serde_json::to_value(self.due()?.shown()).ok()
    }

    /// Why the legal date may still change.
    pub fn provisional(&self) -> Vec<Provisional> {
        serde_json::from_value(self.provisional.clone()).unwrap_or_default()
    }
}
