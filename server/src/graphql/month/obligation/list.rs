//! The list of obligations.

use async_graphql::{ID, InputObject};
use guichet_base::error;
use guichet_engine::actor::Membership;
use guichet_schema::month::obligation::{model, queries};

use super::types::Obligation;
use crate::graphql::month::DocumentCategory;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::known_ids;

/// A filter of obligations. An obligation must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct ObligationFilter {
    /// Obligations with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Obligations with one of these codes.
    codes: Option<Vec<String>>,
    /// Obligations of one of these categories.
    categories: Option<Vec<DocumentCategory>>,
}

impl FilterInput for ObligationFilter {
    type Filter = queries::ObligationFilter;

    fn read(self, _: &Membership) -> error::Result<queries::ObligationFilter> {
        let Self { ids, codes, categories } = self;
        let categories = categories.map(|categories| categories.into_iter().map(Into::into).collect());
        Ok(queries::ObligationFilter { ids: known_ids(ids), codes, categories })
    }
}

connection! {
    /// A page of the list of obligations.
    ObligationConnection, ObligationEdge of Obligation, count ObligationCount;
    /// Returns the list of obligations of the firm, sorted by name. Empty for clients.
    query ObligationQuery.obligations, filter ObligationFilter => queries::ObligationFilter;
    seen by scope, page queries::page, counted queries::count, position model::Obligation::position
}
