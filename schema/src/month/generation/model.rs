//! The rows of runs.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use guichet_base::error::Code;
use guichet_base::id::{ClientId, FirmId, GenerationId, RecurringTaskId, StaffId, TaskTypeId};
use guichet_base::text_enum;
use guichet_engine::actor::Membership;
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, Position};
use guichet_engine::tables::generations;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::people::rights::{self, FirmAct};

/// The order of runs: newest first.
pub const BY_CREATED: &str = "CREATED_AT";

text_enum! {
    /// The state of a run that generates tasks.
    pub enum GenerationState {
        /// Tasks are being made.
        Running = "RUNNING",
        /// All tasks were made.
        Done = "DONE",
        /// Tasks that nobody touched are being taken back.
        Undoing = "UNDOING",
        /// Tasks that nobody touched were taken back.
        Undone = "UNDONE",
        /// A fault ended it before its time. The run can be undone.
        Failed = "FAILED",
    }
}

text_enum! {
    /// An action on a run that generates tasks.
    pub enum GenerationAct {
        /// Take its tasks back with `taskGenerationUndo`.
        Undo = "UNDO",
    }
}

/// A run of the generation that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = generations)]
pub struct Generation {
    /// Its id.
    pub id: GenerationId,
    /// The firm.
    pub firm_id: FirmId,
    /// Who asked for it.
    pub requested_by: Option<StaffId>,
    /// Everything whose work begins by this day.
    pub up_to: NaiveDate,
    /// Of which clients and kinds of work, as [`GenerationFilter`].
    pub filter: serde_json::Value,
    /// Its state.
    pub state: GenerationState,
    /// How many tasks there will be; 0 until they are counted.
    pub planned: i32,
    /// How many were made so far.
    pub made: i32,
    /// How many were taken back so far.
    pub undone: i32,
    /// The version: each step of progress is a change.
    pub version: i32,
    /// When somebody asked for it.
    pub created_at: DateTime<Utc>,
    /// When its tasks were made, or taken back.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many stayed when it was undone, because somebody had touched them.
    pub kept: i32,
    /// Who undid it.
    pub undone_by: Option<StaffId>,
}

/// Of which clients and kinds of work tasks are generated; all without any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationFilter {
    /// The clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ids: Option<Vec<ClientId>>,
    /// The kinds of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type_ids: Option<Vec<TaskTypeId>>,
    /// The recurring tasks of which everything that was generated is taken back, whatever made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurring_task_ids: Option<Vec<RecurringTaskId>>,
}

impl Generation {
    /// A run that somebody asks for now: it makes tasks, or takes some back.
    pub(super) fn new(
        firm_id: FirmId,
        by: StaffId,
        up_to: NaiveDate,
        filter: &GenerationFilter,
        state: GenerationState,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: GenerationId::new(),
            firm_id,
            requested_by: Some(by),
            up_to,
            filter: json!(filter),
            state,
            planned: 0,
            made: 0,
            undone: 0,
            version: 1,
            created_at: now,
            finished_at: None,
            kept: 0,
            undone_by: (state == GenerationState::Undoing).then_some(by),
        }
    }

    /// Whether a person may do `act` on it now, or why not.
    ///
    /// # Errors
    /// The code that the command would return.
    pub fn may(&self, act: GenerationAct, by: &Membership) -> Result<(), Code> {
        rights::may(by, FirmAct::TaskGenerationRun)?;
        match act {
            GenerationAct::Undo if self.state == GenerationState::Running => Err(Code::GenerationRunning),
            GenerationAct::Undo => Ok(()),
        }
    }

    /// Its position in the list of runs.
    pub fn position(&self) -> Position {
        keyset::position(BY_CREATED, true, &self.created_at, self.id)
    }

    /// Who can see it: the staff of its firm. Its tasks are seen by whom they concern.
    pub fn audience(&self) -> Audience {
        Audience::staff()
    }

    /// Of which clients and kinds of work it is.
    pub fn filter(&self) -> GenerationFilter {
        serde_json::from_value(self.filter.clone()).unwrap_or_default()
    }
}
