//! Where the processes of an installation last ran: in a database that was restored from a backup or copied, this is
//! another place.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Fault;

use crate::tables::installation;

/// The server and the database of a connection; others after a restore. None where the server does not tell, as
/// some hosted ones.
///
/// # Errors
/// When the database does not answer.
pub async fn place(conn: &mut AsyncPgConnection) -> Result<Option<String>, Fault> {
    // The right is looked at first: a refusal would end the transaction.
    let may = "has_function_privilege('pg_control_system()', 'EXECUTE')";
    let may = diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(may));
    if !may.get_result(conn).await? {
        return Ok(None);
    }
    let place = diesel::dsl::sql::<diesel::sql_types::Text>(
        "(SELECT system_identifier FROM pg_control_system()) || '/' ||
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    Ok(Some(diesel::select(place).get_result(conn).await?))
}

/// Where processes last ran on this database, none where none did; locked until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_last_place(conn: &mut AsyncPgConnection) -> Result<Option<String>, Fault> {
    Ok(installation::table.select(installation::place).for_update().get_result(conn).await?)
}

/// As [`lock_last_place`], without a lock.
///
/// # Errors
/// When the database does not answer.
pub async fn last_place(conn: &mut AsyncPgConnection) -> Result<Option<String>, Fault> {
    Ok(installation::table.select(installation::place).get_result(conn).await?)
}

/// Notes where processes run from now on.
///
/// # Errors
/// When the database does not answer.
pub async fn note_place(conn: &mut AsyncPgConnection, place: Option<&str>) -> Result<(), Fault> {
    diesel::update(installation::table).set(installation::place.eq(place)).execute(conn).await?;
    Ok(())
}
