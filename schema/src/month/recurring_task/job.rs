//! The job that makes the tasks of recurring tasks; `generation` runs it.

use guichet_base::id::{FirmId, GenerationId, RecurringTaskId};
use guichet_engine::job::Payload;
use serde::{Deserialize, Serialize};

/// Generates the tasks of a firm that are due today.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GenerateTasks {
    /// The firm.
    pub firm_id: FirmId,
    /// Only those of these recurring tasks; else all of the firm, and the day is then done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurring: Option<Vec<RecurringTaskId>>,
    /// The run that a person sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<GenerationId>,
}

/// The priority of what a person waits for: before the ticks of all firms.
pub const ASKED: i16 = 10;

impl Payload for GenerateTasks {
    const KIND: &'static str = "generate_tasks";
    const MAX_ATTEMPTS: i32 = 50;
}

impl GenerateTasks {
    /// Those of these recurring tasks.
    pub fn of(firm_id: FirmId, recurring: Vec<RecurringTaskId>) -> Self {
        Self { firm_id, recurring: Some(recurring), generation_id: None }
    }
}
