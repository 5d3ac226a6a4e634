//! Finders of firms, and of who works for one.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{InputPath, Result};
use guichet_base::id::{FirmId, StaffId};
use guichet_base::input::Check;
use guichet_engine::actor::Scope;
use guichet_engine::condition::Condition;
use guichet_engine::sql;
use guichet_engine::tables::{firms, staff_members};

use super::model::Firm;

/// The firm of a scope, with its settings.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(conn: &mut AsyncPgConnection, scope: &Scope) -> Result<Firm> {
    Ok(firms::table.find(scope.firm_id()).select(Firm::as_select()).get_result(conn).await?)
}

/// Works for the firm now: has joined (see DECISIONS 9) and has not left. Only such a one can act.
pub(crate) fn works_here(firm: FirmId) -> Condition<staff_members::table> {
    Condition::new(
        staff_members::firm_id
            .eq(firm)
            .and(staff_members::joined_at.is_not_null())
            .and(staff_members::disabled_at.is_null()),
    )
}

/// Refuses with `NOT_FOUND` each of these who is not of the firm's staff, invited or joined.
///
/// # Errors
/// When the database does not answer: retry.
pub(crate) async fn check_employed(
    conn: &mut AsyncPgConnection,
    check: &mut Check,
    firm: FirmId,
    ids: &[(InputPath, StaffId)],
) -> Result<()> {
    let wanted: Vec<StaffId> = ids.iter().map(|(_, id)| *id).collect();
    let found: Vec<StaffId> = staff_members::table
        .filter(staff_members::firm_id.eq(firm))
        .filter(sql::among(staff_members::id, &wanted))
        .filter(staff_members::disabled_at.is_null())
        .select(staff_members::id)
        .load(conn)
        .await?;
    check.found(ids, |id| found.contains(id));
    Ok(())
}
