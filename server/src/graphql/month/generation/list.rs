//! The list of runs, also live.

use async_graphql::{ID, InputObject};
use guichet_base::error;
use guichet_base::id::{GenerationId, Id, StaffId};
use guichet_engine::actor::{Membership, Scope};
use guichet_schema::month::generation::{model, queries};

use super::types::TaskGeneration;
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::known_ids;

/// A filter of runs. A run must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TaskGenerationFilter {
    /// Runs with one of these IDs.
    ids: Option<Vec<ID>>,
}

impl FilterInput for TaskGenerationFilter {
    type Filter = queries::GenerationsFilter;

    fn read(self, _: &Membership) -> error::Result<queries::GenerationsFilter> {
        Ok(queries::GenerationsFilter { ids: known_ids(self.ids) })
    }
}

connection! {
    /// A page of the list of runs.
    TaskGenerationConnection, TaskGenerationEdge of TaskGeneration, count TaskGenerationCount;
    /// Returns the list of runs that people asked for, newest first. Empty for clients.
    query TaskGenerationsQuery.task_generations, filter TaskGenerationFilter => queries::GenerationsFilter;
    seen by scope, page queries::page, counted queries::count, position queries::position
}

listed! {
    /// A change of a list of runs.
    TaskGenerationsChanged of TaskGenerationEdge, TaskGeneration(model::Generation), GenerationId;
    filter TaskGenerationFilter => queries::GenerationsFilter;
    /// Sends changes of the runs that people asked for, with their progress. Applied in order to the result of the query
    /// `taskGenerations` after the first message, they keep that result up to date. Sends nothing to clients.
    subscription TaskGenerationSubscription.task_generations_changed, TaskGenerationsListed;
    shows Shows { embeds: &[StaffId::NOUN], ..Shows::of("taskGenerationsChanged") };
    shared by |viewer| viewer.scope() => Scope,
    found |conn, viewer, filter, ids| queries::among(conn, &viewer.scope(), filter, ids),
    position queries::position
}
