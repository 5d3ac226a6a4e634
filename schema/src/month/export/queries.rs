//! Finders of exports. Each person sees those that the person asked for.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::ExportId;
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Membership;
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::sql;
use guichet_engine::tables::exports;

use super::model::Export;

/// The order of exports: newest first.
const NEWEST: &str = "CREATED_AT";

/// A filter of exports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ExportFilter {
    /// These exports.
    pub ids: Option<Vec<ExportId>>,
}

/// The exports of a person: none for clients.
fn visible(viewer: &Membership) -> exports::BoxedQuery<'static, Pg> {
    let query = exports::table.filter(exports::firm_id.eq(viewer.firm_id())).into_boxed();
    match viewer.author().staff() {
        Some(id) => query.filter(exports::requested_by.eq(id)),
        None => query.filter(exports::id.is_null()),
    }
}

fn filtered(viewer: &Membership, filter: &ExportFilter) -> exports::BoxedQuery<'static, Pg> {
    let query = visible(viewer);
    match &filter.ids {
        Some(ids) => query.filter(sql::among(exports::id, ids)),
        None => query,
    }
}

/// Exports by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    ids: &[ExportId],
) -> Result<Vec<Export>> {
    let query = visible(viewer).filter(sql::among(exports::id, ids));
    Ok(query.select(Export::as_select()).load(conn).await?)
}

/// Those of these exports that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    filter: &ExportFilter,
    ids: &[ExportId],
) -> Result<Vec<Export>> {
    let query = filtered(viewer, filter).filter(sql::among(exports::id, ids));
    Ok(query.select(Export::as_select()).load(conn).await?)
}

/// A page of exports, newest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    filter: &ExportFilter,
    part: &PageRequest,
) -> Result<Page<Export>> {
    let query = filtered(viewer, filter);
    Ok(
        page!(conn, query, part, NEWEST, descending (exports::created_at => DateTime<Utc>, exports::id), Export),
    )
}

/// The position of an export in [`page()`].
pub fn position(export: &Export) -> Position {
    keyset::position(NEWEST, true, &export.created_at, export.id)
}

/// The number of exports that match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, viewer: &Membership, filter: &ExportFilter) -> Result<i64> {
    Ok(filtered(viewer, filter).count().get_result(conn).await?)
}
