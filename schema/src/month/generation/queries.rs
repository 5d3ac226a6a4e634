//! Finders of runs, which only staff can see.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::GenerationId;
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::keyset::{Position, page};
use guichet_engine::sql;
use guichet_engine::tables::generations;

use super::model::{BY_CREATED, Generation};

/// A filter of runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct GenerationsFilter {
    /// These runs.
    pub ids: Option<Vec<GenerationId>>,
}

/// The runs of the firm, as far as the scope reaches: none for clients (C-01).
fn visible(scope: &Scope) -> generations::BoxedQuery<'static, Pg> {
    let query = generations::table.filter(generations::firm_id.eq(scope.firm_id())).into_boxed();
    if scope.is_staff() { query } else { query.filter(generations::id.is_null()) }
}

fn filtered(scope: &Scope, filter: &GenerationsFilter) -> generations::BoxedQuery<'static, Pg> {
    let query = visible(scope);
    match &filter.ids {
        Some(ids) => query.filter(sql::among(generations::id, ids)),
        None => query,
    }
}

/// Runs by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[GenerationId],
) -> Result<Vec<Generation>> {
    let query = visible(scope).filter(sql::among(generations::id, ids));
    Ok(query.select(Generation::as_select()).load(conn).await?)
}

/// A page of runs, newest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &GenerationsFilter,
    request: &PageRequest,
) -> Result<Page<Generation>> {
    Ok(page!(
        conn,
        filtered(scope, filter),
        request,
        BY_CREATED,
        descending (generations::created_at => DateTime<Utc>, generations::id),
        Generation
    ))
}

/// The position of a run in [`page()`].
pub fn position(generation: &Generation) -> Position {
    generation.position()
}

/// Those of these runs that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &GenerationsFilter,
    ids: &[GenerationId],
) -> Result<Vec<Generation>> {
    let query = filtered(scope, filter).filter(sql::among(generations::id, ids));
    Ok(query.select(Generation::as_select()).load(conn).await?)
}

/// How many runs match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &GenerationsFilter) -> Result<i64> {
    Ok(filtered(scope, filter).count().get_result(conn).await?)
}
