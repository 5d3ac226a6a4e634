//! Finders of departments, which only the firm's staff can see.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{InputPath, Result};
use guichet_base::id::{DepartmentId, StaffId};
use guichet_base::input::Check;
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::keyset::{BY_NAME, page};
use guichet_engine::sql;
use guichet_engine::tables::{department_members, departments};

use super::model::Department;

/// A filter of departments.
#[derive(Debug, Clone, Default)]
pub struct DepartmentFilter {
    /// These departments.
    pub ids: Option<Vec<DepartmentId>>,
}

fn filtered(scope: &Scope, filter: &DepartmentFilter) -> departments::BoxedQuery<'static, Pg> {
    match &filter.ids {
        Some(ids) => visible(scope).filter(sql::among(departments::id, ids)),
        None => visible(scope),
    }
}

/// The departments within a scope.
fn visible(scope: &Scope) -> departments::BoxedQuery<'static, Pg> {
    let query = departments::table.filter(departments::firm_id.eq(scope.firm_id())).into_boxed();
    if scope.is_staff() { query } else { query.filter(departments::id.is_null()) }
}

/// Departments by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[DepartmentId],
) -> Result<Vec<Department>> {
    Ok(visible(scope)
        .filter(sql::among(departments::id, ids))
        .select(Department::as_select())
        .load(conn)
        .await?)
}

/// A page of departments, ordered by name.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &DepartmentFilter,
    request: &PageRequest,
) -> Result<Page<Department>> {
    Ok(
        page!(conn, filtered(scope, filter), request, BY_NAME, (departments::name_key => Vec<u8>, departments::id), Department),
    )
}

/// How many departments match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &DepartmentFilter) -> Result<i64> {
    Ok(filtered(scope, filter).count().get_result(conn).await?)
}

/// The members of these departments; none for a client.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn members(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[DepartmentId],
) -> Result<Vec<(DepartmentId, StaffId)>> {
    Ok(department_members::table
        .filter(department_members::department_id.eq_any(visible(scope).select(departments::id)))
        .filter(sql::among(department_members::department_id, ids))
        .order((department_members::department_id, department_members::staff_id))
        .select((department_members::department_id, department_members::staff_id))
        .load(conn)
        .await?)
}

/// Refuses with `NOT_FOUND` each of these departments that is not within the scope.
///
/// # Errors
/// When the database does not answer: retry.
pub(crate) async fn check_known(
    conn: &mut AsyncPgConnection,
    check: &mut Check,
    scope: &Scope,
    ids: &[(InputPath, DepartmentId)],
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let wanted: Vec<DepartmentId> = ids.iter().map(|(_, id)| *id).collect();
    let found = by_ids(conn, scope, &wanted).await?;
    check.found(ids, |id| found.iter().any(|department| department.id == *id));
    Ok(())
}
