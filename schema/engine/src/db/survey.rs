//! What an operator wants to know about a database, for `guichet check`. Nothing is changed.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use guichet_base::error::Fault;

use super::write_something;

/// A database, as a role sees it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Survey {
    /// The version of the server, such as 17.2.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// The size of the database, such as 34 MB.
    #[diesel(sql_type = Text)]
    pub size: String,
    /// Its encoding, such as UTF8.
    #[diesel(sql_type = Text)]
    pub encoding: String,
    /// Whether it is a standby, or was made read-only.
    #[diesel(sql_type = Bool)]
    pub only_reads: bool,
    /// Whether the role may create tables.
    #[diesel(sql_type = Bool)]
    pub may_create: bool,
    /// The number of tables that the role does not own.
    #[diesel(sql_type = BigInt)]
    pub foreign_tables: i64,
    /// Needed extensions that are not there, and that the role cannot create.
    #[diesel(sql_type = Array<Text>)]
    pub lacking: Vec<String>,
    /// Whether the server was built with ICU.
    #[diesel(sql_type = Bool)]
    pub has_icu: bool,
    /// Whether the role may see which server it is: otherwise a restore on another one is not noticed.
    #[diesel(sql_type = Bool)]
    pub tells_place: bool,
    /// How many connections the role may open.
    #[diesel(sql_type = Integer)]
    pub connections: i32,
}

/// Looks at the database.
///
/// # Errors
/// When it does not answer.
pub async fn survey(conn: &mut AsyncPgConnection) -> Result<Survey, Fault> {
    const SURVEY: &str = "
        SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
            pg_size_pretty(pg_database_size(current_database())) AS size,
            current_setting('server_encoding') AS encoding,
            pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS only_reads,
            coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
            (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema()))
                AND relkind = 'r' AND NOT pg_has_role(relowner, 'USAGE')) AS foreign_tables,
            ARRAY(SELECT wanted FROM unnest(ARRAY['pg_trgm', 'btree_gin']) AS wanted
                WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = wanted)
                    AND NOT (has_database_privilege(current_database(), 'CREATE')
                        AND EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted))) AS lacking,
            EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') AS has_icu,
            has_function_privilege('pg_control_system()', 'EXECUTE') AS tells_place,
            least(
                current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                    - coalesce(current_setting('reserved_connections', true), '0')::int,
                (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
                (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
            ) AS connections";
    Ok(diesel::sql_query(SURVEY).get_result(conn).await?)
}

/// Writes a row and takes it back.
///
/// # Errors
/// When the database does not answer, or cannot write.
pub async fn try_writing(conn: &mut AsyncPgConnection) -> Result<(), Fault> {
    conn.batch_execute("BEGIN").await?;
    let written = write_something(conn).await;
    conn.batch_execute("ROLLBACK").await?;
    written
}
