//! Finders of firms.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_engine::actor::Scope;
use guichet_engine::tables::firms;

use super::model::Firm;

/// The firm of a scope, with its settings.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(conn: &mut AsyncPgConnection, scope: &Scope) -> Result<Firm> {
    Ok(firms::table.find(scope.firm_id()).select(Firm::as_select()).get_result(conn).await?)
}
