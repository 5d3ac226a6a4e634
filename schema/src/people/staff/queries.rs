//! Finders of staff.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{FirmId, StaffId};
use guichet_base::input::Check;
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::condition::Condition;
use guichet_engine::keyset::{BY_NAME, page};
use guichet_engine::sql;
use guichet_engine::tables::{accounts, staff_members};

use super::model::StaffMember;

/// A filter of staff.
#[derive(Debug, Clone, Default)]
pub struct StaffFilter {
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
    if let Some(active) = filter.active {
        query = query.filter(staff_members::disabled_at.is_null().eq(active));
    }
    Ok(page!(conn, query, request, BY_NAME, (staff_members::name => String, staff_members::id), StaffMember))
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
    if let Some(active) = filter.active {
        query = query.filter(staff_members::disabled_at.is_null().eq(active));
    }
    Ok(query.count().get_result(conn).await?)
}

/// Staff who work for the firm now: joined (see DECISIONS 9) and not left. Only they can act.
pub(crate) fn works_here(firm: FirmId) -> Condition<staff_members::table> {
    Condition::new(
        staff_members::firm_id
            .eq(firm)
            .and(staff_members::joined_at.is_not_null())
            .and(staff_members::disabled_at.is_null()),
    )
}

/// Refuses `field` with `NOT_FOUND` unless all of these are staff of the firm, invited or joined.
///
/// # Errors
/// When the database does not answer: retry.
pub(crate) async fn check_employed(
    conn: &mut AsyncPgConnection,
    check: &mut Check,
    firm: FirmId,
    field: &'static str,
    ids: &[StaffId],
) -> Result<()> {
    let found: Vec<StaffId> = staff_members::table
        .filter(staff_members::firm_id.eq(firm))
        .filter(sql::among(staff_members::id, ids))
        .filter(staff_members::disabled_at.is_null())
        .select(staff_members::id)
        .load(conn)
        .await?;
    check.require(ids.iter().all(|id| found.contains(id)), Refusal::of(field, Code::NotFound));
    Ok(())
}
