//! What runs are given.

use async_graphql::{ID, InputObject};
use guichet_base::error;
use guichet_schema::month::generation::commands::RunGeneration;
use guichet_schema::month::generation::model;

use crate::graphql::payload::ids;
use crate::graphql::scalars::Date;

/// What a run is about, also one that is only looked at.
pub(super) fn read(
    up_to: Date,
    client_ids: Option<&[ID]>,
    task_type_ids: Option<&[ID]>,
) -> error::Result<RunGeneration> {
    let filter = model::GenerationFilter {
        client_ids: client_ids.map(|given| ids("clientIds", given)).transpose()?,
        task_type_ids: task_type_ids.map(|given| ids("taskTypeIds", given)).transpose()?,
        recurring_task_ids: None,
    };
    Ok(RunGeneration { up_to: up_to.0, filter })
}

/// Input for `taskGenerationRun`: what to generate.
#[derive(Debug, InputObject)]
pub struct TaskGenerationRunInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The day up to which tasks are generated: those whose work begins by then; at most two years ahead.
    pub(super) up_to: Date,
    /// The IDs of the clients, 1 to 1000. By default all clients.
    pub(super) client_ids: Option<Vec<ID>>,
    /// The IDs of the kinds of work, 1 to 1000. By default all of them.
    pub(super) task_type_ids: Option<Vec<ID>>,
}

/// Input for `taskGenerationUndo`: the run to undo.
#[derive(Debug, InputObject)]
pub struct TaskGenerationUndoInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The ID of the run.
    pub(super) id: ID,
}

/// Input for `recurringTaskUndo`: the recurring tasks whose tasks are taken back.
#[derive(Debug, InputObject)]
pub struct RecurringTaskUndoInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The IDs of the recurring tasks, 1 to 1000.
    pub(super) ids: Vec<ID>,
}

/// Input for `taskUndo`: the generated tasks to take back.
#[derive(Debug, InputObject)]
pub struct TaskUndoInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The IDs of the tasks, 1 to 100.
    pub(super) ids: Vec<ID>,
}
