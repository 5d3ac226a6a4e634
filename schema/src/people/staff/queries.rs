//! Finders of staff.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::StaffId;
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::keyset::{BY_NAME, page};
use guichet_engine::sql;
use guichet_engine::tables::{accounts, staff_members};

use super::model::StaffMember;

/// A filter of staff.
#[derive(Debug, Clone, Default)]
pub struct StaffFilter {
    /// These staff members.
    pub ids: Option<Vec<StaffId>>,
    /// Only those who work for the firm, or only those who left.
    pub active: Option<bool>,
}

/// Staff of the scope's firm by id, in no particular order. Clients can find those who serve them.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[StaffId],
) -> Result<Vec<StaffMember>> {
    Ok(staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .filter(staff_members::firm_id.eq(scope.firm_id()))
        .filter(sql::among(staff_members::id, ids))
        .select(StaffMember::as_select())
        .load(conn)
        .await?)
}

/// A page of the firm's staff, ordered by name; empty for a client.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &StaffFilter,
    request: &PageRequest,
) -> Result<Page<StaffMember>> {
    if !scope.is_staff() {
        return Ok(request.page(Vec::new()));
    }
    let mut query = staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .filter(staff_members::firm_id.eq(scope.firm_id()))
        .into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(staff_members::id, ids));
    }
    if let Some(active) = filter.active {
        query = query.filter(staff_members::disabled_at.is_null().eq(active));
    }
    Ok(
        page!(conn, query, request, BY_NAME, (staff_members::name_key => Vec<u8>, staff_members::id), StaffMember),
    )
}

/// The number of staff that match a filter; zero for a client.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &StaffFilter) -> Result<i64> {
    if !scope.is_staff() {
        return Ok(0);
    }
    let mut query = staff_members::table.filter(staff_members::firm_id.eq(scope.firm_id())).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(staff_members::id, ids));
    }
    if let Some(active) = filter.active {
        query = query.filter(staff_members::disabled_at.is_null().eq(active));
    }
    Ok(query.count().get_result(conn).await?)
}
