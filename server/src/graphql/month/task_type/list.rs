//! The list of kinds of work, also live.

use async_graphql::{ID, InputObject};
use guichet_base::error;
use guichet_base::id::{DepartmentId, Id, ObligationId, StaffId, TaskTypeId};
use guichet_engine::actor::{Membership, Scope};
use guichet_schema::month::task_type::{model, queries};

use super::types::TaskType;
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;
use crate::graphql::month::DocumentCategory;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::known_ids;

/// A filter of kinds of work. A kind of work must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct TaskTypeFilter {
    /// Kinds of work with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Kinds of work of one of these categories.
    categories: Option<Vec<DocumentCategory>>,
    /// Kinds of work that are offered (true), or that are no longer offered (false).
    active: Option<bool>,
    /// Words in the name or description, regardless of case and accents; all words must match. Up to 200 characters.
    search: Option<String>,
}

impl FilterInput for TaskTypeFilter {
    type Filter = queries::TaskTypeFilter;

    fn read(self, _: &Membership) -> error::Result<queries::TaskTypeFilter> {
        let Self { ids, categories, active, search } = self;
        let categories = categories.map(|categories| categories.into_iter().map(Into::into).collect());
        Ok(queries::TaskTypeFilter { ids: known_ids(ids), categories, active, search })
    }
}

connection! {
    /// A page of the list of kinds of work.
    TaskTypeConnection, TaskTypeEdge of TaskType, count TaskTypeCount;
    /// Returns the list of kinds of work of the firm, sorted by name. Empty for clients.
    query TaskTypeQuery.task_types, filter TaskTypeFilter => queries::TaskTypeFilter;
    seen by scope, page queries::page, counted queries::count, position model::TaskType::position
}

listed! {
    /// A change of the list of kinds of work.
    TaskTypesChanged of TaskTypeEdge, TaskType(model::TaskType), TaskTypeId;
    filter TaskTypeFilter => queries::TaskTypeFilter;
    /// Sends changes of the kinds of work of the firm. Applied in order to the result of the query `taskTypes` after the
    /// first message, they keep that result up to date. Sends nothing to clients.
    subscription TaskTypeSubscription.task_types_changed, TaskTypesListed;
    shows Shows {
        embeds: &[DepartmentId::NOUN, ObligationId::NOUN, StaffId::NOUN],
        ..Shows::of("taskTypesChanged")
    };
    shared by |viewer| viewer.scope() => Scope,
    found |conn, viewer, filter, ids| queries::among(conn, &viewer.scope(), filter, ids),
    position model::TaskType::position
}
