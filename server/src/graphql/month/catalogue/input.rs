//! What mutations on the catalogue are given.

use async_graphql::{ID, InputObject};

/// Input for `catalogueUpdateApply`: the obligations that take the changes over.
#[derive(Debug, InputObject)]
pub struct CatalogueUpdateApplyInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The IDs of the obligations. By default all that were adopted.
    pub(super) obligation_ids: Option<Vec<ID>>,
}

/// Input for `catalogueAdopt`: what to adopt; without any codes everything for the country of the firm.
#[derive(Debug, InputObject)]
pub struct CatalogueAdoptInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The codes of kinds of work. Each comes with the obligations that it fulfils.
    pub(super) task_type_codes: Option<Vec<String>>,
    /// The codes of obligations. Each comes with those on which its rules depend.
    pub(super) obligation_codes: Option<Vec<String>>,
}
