//! The rows of kinds of work.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use guichet_base::collation;
use guichet_base::id::{DepartmentId, DocumentDefinitionId, FirmId, ObligationId, StaffId, TaskTypeId};
use guichet_base::text_enum;
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, BY_NAME, Position};
use guichet_engine::tables::{document_definitions, task_types};
use guichet_obligations::{Category, Direction, PeriodKind};

text_enum! {
    /// What becomes of a second file of a document.
    pub enum Takes {
        /// It is a new version, and takes the place of the one before.
        Replace = "REPLACE",
        /// It stands beside the others.
        Add = "ADD",
    }
}

/// A kind of work that a firm does for clients.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = task_types, treat_none_as_null = true)]
pub struct TaskType {
    /// Its id.
    pub id: TaskTypeId,
    /// The firm.
    pub firm_id: FirmId,
    /// Its name, unique in the firm.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Its code in the shipped catalogue; none for the firm's own.
    pub shipped_code: Option<String>,
    /// What it is about.
    pub category: Category,
    /// The department that does it.
    pub department_id: Option<DepartmentId>,
    /// What it is due for; without one its due dates are set by hand.
    pub obligation_id: Option<ObligationId>,
    /// The firm's own date, as a rule on the legal one.
    pub target_rule: Option<serde_json::Value>,
    /// Until when the client hands in what is needed, as a rule.
    pub hand_in_rule: Option<serde_json::Value>,
    /// For which periods.
    pub period_kind: PeriodKind,
    /// For months: how many months a period has.
    pub every: i32,
    /// For months: only those that end in one of these; all if empty.
    pub months: Vec<i16>,
    /// The month in which tasks are generated, counted from the one in which the period ends.
    pub generate_month: i32,
    /// The day of that month, or its last if it is shorter.
    pub generate_day: i16,
    /// Who does it, if not the client's accountant.
    pub assignee_id: Option<StaffId>,
    /// Whether the client's accountant comes before the fixed assignee.
    pub assign_portfolio: bool,
    /// Whether clients may ask for it.
    pub is_requestable: bool,
    /// Whether its documents are expected.
    pub expects_documents: bool,
    /// Whether it is offered.
    pub active: bool,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl TaskType {
    /// Its position in a list ordered by name.
    pub fn position(&self) -> Position {
        keyset::position(BY_NAME, false, &collation::key(&self.name), self.id)
    }

    /// Who can see it: the staff of its firm.
    pub fn audience(&self) -> Audience {
        Audience::staff()
    }
}

/// A document that a kind of work expects from the client or delivers to it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = document_definitions, treat_none_as_null = true)]
pub struct DocumentDefinition {
    /// Its id.
    pub id: DocumentDefinitionId,
    /// The firm.
    pub firm_id: FirmId,
    /// The kind of work.
    pub task_type_id: TaskTypeId,
    /// Its place among the documents of the kind of work.
    pub position: i32,
    /// Its name.
    pub name: String,
    /// Who brings it.
    pub direction: Direction,
    /// What it is about, which decides who of the client sees it.
    pub category: Category,
    /// The first level of its folder in the client's library.
    pub folder: Option<String>,
    /// Its own obligation, if it is another than that of the work.
    pub obligation_id: Option<ObligationId>,
    /// What becomes of a second file.
    pub takes: Takes,
    /// Whether a file of it is published as soon as it is stored.
    pub publish_on_upload: bool,
    /// Whether the client is asked to approve what is delivered.
    pub wants_approval: bool,
    /// Whether the work is not done without it.
    pub is_required: bool,
    /// From when on new tasks do not have it any more.
    pub retired_at: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Until when the client hands it in, where that is not what the kind of work says.
    pub hand_in_rule: Option<serde_json::Value>,
}
