//! Finding runs, and what they would make.

use async_graphql::{Context, ID, Object};
use guichet_base::id::{GenerationId, Id};
use guichet_edge::ApiError;
use guichet_schema::month::generation::commands;
use guichet_schema::people::rights::{self, FirmAct};

use super::input::read;
use super::preview::TaskGenerationPreview;
use super::types::TaskGeneration;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{load_optional, spend};
use crate::graphql::payload::{optional_id, queried};
use crate::graphql::scalars::Date;

/// Queries about runs.
#[derive(Debug, Default)]
pub struct TaskGenerationQuery;

#[Object]
impl TaskGenerationQuery {
    /// Returns what `taskGenerationRun` would make now with the same arguments; null for clients and for staff with the
    /// role `MEMBER`.
    #[allow(clippy::too_many_arguments)] // of the field
    async fn task_generation_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day up to which tasks are generated; at most two years ahead.")] up_to: Date,
        #[graphql(desc = "The IDs of the clients. By default all clients.")] client_ids: Option<Vec<ID>>,
        #[graphql(desc = "The IDs of the kinds of work. By default all of them.")] task_type_ids: Option<
            Vec<ID>,
        >,
        #[graphql(desc = "The number of lines, 1 to 200. The totals are of all of them.", default = 100)]
        first: i32,
        #[graphql(desc = "The `nextAfterId` that was returned before.")] after_id: Option<ID>,
    ) -> Result<Option<TaskGenerationPreview>, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        if rights::may(&actor.membership, FirmAct::TaskGenerationRun).is_err() {
            return Ok(None);
        }
        let input = queried(caller, read(up_to, client_ids.as_deref(), task_type_ids.as_deref()))?;
        let after = queried(caller, optional_id("afterId", after_id.as_ref()))?;
        let found = caller
            .reading()
            .find(async |store| commands::preview(store, actor, input.clone(), after, first.into()).await);
        let found = queried(caller, found.await)?;
        spend(ctx, found.lines.iter().map(|line| 1 + line.shown.len() + line.skipped.len()).sum())?;
        Ok(Some(TaskGenerationPreview::new(input, found, caller.locale)))
    }

    /// Returns the run with this ID; null when it does not exist for the viewer.
    async fn task_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the run.")] id: ID,
    ) -> Result<Option<TaskGeneration>, ApiError> {
        Caller::of(ctx).actor()?;
        load_optional(ctx, GenerationId::decode(&id)).await
    }
}
