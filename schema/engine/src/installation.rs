//! The installation that a database belongs to: where its processes last ran, and the secret by which it is recognized.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Fault;
use uuid::Uuid;

/// The server and the database of a connection; other ones after a restore. None where the server does not tell, as
/// some hosted ones.
///
/// # Errors
/// When the database does not answer.
pub async fn place(conn: &mut AsyncPgConnection) -> Result<Option<String>, Fault> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        place: Option<String>,
    }
    // The right is looked at first: a refusal would end the transaction.
    let row: Row = diesel::sql_query(
        "SELECT CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE') THEN
             (SELECT system_identifier FROM pg_control_system()) || '/' ||
             (SELECT oid FROM pg_database WHERE datname = current_database()) END AS place",
    )
    .get_result(conn)
    .await?;
    Ok(row.place)
}

/// Where processes last ran on this database, none where none did; locked until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_last_place(conn: &mut AsyncPgConnection) -> Result<Option<String>, Fault> {
    last(conn, "SELECT place FROM installation FOR UPDATE").await
}

/// As [`lock_last_place`], without a lock.
///
/// # Errors
/// When the database does not answer.
pub async fn last_place(conn: &mut AsyncPgConnection) -> Result<Option<String>, Fault> {
    last(conn, "SELECT place FROM installation").await
}

async fn last(conn: &mut AsyncPgConnection, statement: &str) -> Result<Option<String>, Fault> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        place: Option<String>,
    }
    let row: Row = diesel::sql_query(statement).get_result(conn).await?;
    Ok(row.place)
}

/// Notes where processes run from now on.
///
/// # Errors
/// When the database does not answer.
pub async fn note_place(conn: &mut AsyncPgConnection, place: Option<String>) -> Result<(), Fault> {
    let note = diesel::sql_query("UPDATE installation SET place = $1").bind::<Nullable<Text>, _>(place);
    note.execute(conn).await?;
    Ok(())
}

/// The secret of the installation: whoever knows it can read its database.
///
/// # Errors
/// When the database does not answer.
pub async fn secret(conn: &mut AsyncPgConnection) -> Result<Uuid, Fault> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        secret: Uuid,
    }
    let row: Row = diesel::sql_query("SELECT secret FROM installation").get_result(conn).await?;
    Ok(row.secret)
}
