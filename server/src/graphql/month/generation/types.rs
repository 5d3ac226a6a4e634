//! What is shown of a run.

use async_graphql::{Context, ID, Object};
use guichet_base::id::GenerationId;
use guichet_edge::ApiError;
use guichet_schema::month::generation::{model, queries};

use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::api_id;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::{Date, DateTime};

mirror!(TaskGenerationState => model::GenerationState);
mirror!(TaskGenerationAct => model::GenerationAct);

/// A run.
#[derive(Debug, Clone)]
pub struct TaskGeneration(pub model::Generation);

by_ids!(GenerationId => TaskGeneration, queries::by_ids);

/// A run that generates tasks, as a person asked for it. Not visible to clients.
#[Object]
impl TaskGeneration {
    /// The ID of the run, for example `generation_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The staff member who asked for the run.
    async fn requested_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.requested_by).await
    }

    /// The staff member who undid the run; null when nobody did.
    async fn undone_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.undone_by).await
    }

    /// The day up to which tasks are generated: those whose work begins by then.
    async fn up_to(&self) -> Date {
        Date(self.0.up_to)
    }

    /// The number of clients that the run was limited to; null for a run of all clients.
    async fn client_count(&self) -> Option<i64> {
        self.0.filter().client_ids.map(|ids| ids.len() as i64)
    }

    /// The number of kinds of work that the run was limited to; null for a run of all of them.
    async fn task_type_count(&self) -> Option<i64> {
        self.0.filter().task_type_ids.map(|ids| ids.len() as i64)
    }

    /// The number of recurring tasks of which the run only took back tasks, with `recurringTaskUndo`; null for a run that made
    /// tasks.
    async fn recurring_task_count(&self) -> Option<i64> {
        self.0.filter().recurring_task_ids.map(|ids| ids.len() as i64)
    }

    /// The state of the run.
    async fn state(&self) -> TaskGenerationState {
        self.0.state.into()
    }

    /// The number of tasks that there will be; 0 until they are counted.
    async fn planned_count(&self) -> i32 {
        self.0.planned
    }

    /// The number of tasks that were made so far.
    async fn made_count(&self) -> i32 {
        self.0.made
    }

    /// The number of tasks that were taken back so far.
    async fn undone_count(&self) -> i32 {
        self.0.undone
    }

    /// The number of tasks that stayed when the run was undone, because somebody had acted on them.
    async fn kept_count(&self) -> i32 {
        self.0.kept
    }

    /// The actions that the viewer may or may not perform on the run now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<TaskGenerationAct>>, ApiError> {
        let by = &Caller::of(ctx).actor()?.membership;
        Ok(abilities(model::GenerationAct::ALL, |act| self.0.may(act, by)))
    }

    /// The version of the run: it grows with its progress.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the run was asked for.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the tasks were made, or taken back; null while the run goes on.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }
}
