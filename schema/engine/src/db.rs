//! Connections to PostgreSQL with or without TLS, the pool, and migrations.
//!
//! A lost connection becomes `Fault::Unavailable` in `guichet_base::error`, and the API error `UNAVAILABLE` in
//! `guichet_edge::errors`.

mod address;
mod pool;
mod sqlstate;
pub mod survey;

use std::convert::identity;
use std::future::poll_fn;
use std::io;
use std::time::{Duration, Instant};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::collation;
use guichet_base::clock::TimeTold;
use guichet_base::error::{Error, Fault, sqlstate, with_sqlstate};
use tokio::net::UnixStream;
use tokio::time::sleep;
use tokio_postgres::NoTls;
use tokio_postgres::config::{SslMode, SslNegotiation};

pub use address::Address;
use address::CONNECT;
pub use pool::{Conn, Pool, Separate, pool};
use sqlstate::{Coded, Plain, WithCodes};

/// All migrations, in order.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// A connection outside of any pool.
pub type Connection = AsyncPgConnection;

/// Opens one connection. `sslmode=require`, `verify-ca` and `verify-full` in the URL all use TLS and verify the
/// server's certificate and name against the system's authorities or `sslrootcert`. Every other mode, `prefer`
/// included, uses no TLS.
///
/// # Errors
/// When the URL is malformed or the server does not answer.
pub fn connect(url: &str) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>> {
    async move {
        let address = Address::parse(url).map_err(ConnectionError::InvalidConnectionUrl)?;
        let config = address.config();
        if let Some(tls) = address.tls().map_err(ConnectionError::BadConnection)? {
            let tls = WithCodes(tokio_postgres_rustls::MakeRustlsConnect::new(tls));
            let (client, connection) = config.connect(tls).await.map_err(bad)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        } else if let Some(socket) = address.socket() {
            let opened = tokio::time::timeout(CONNECT, UnixStream::connect(&socket)).await;
            let opened = opened.map_err(|_| io::ErrorKind::TimedOut.into()).and_then(identity);
            let unreachable = |error: io::Error| {
                ConnectionError::BadConnection(format!("error connecting to server: {error}"))
            };
            let stream = Coded::plain(opened.map_err(unreachable)?);
            let mut config = config.clone();
            config.ssl_mode(SslMode::Disable);
            let (client, mut connection) = config.connect_raw(stream, NoTls).await.map_err(bad)?;
            // diesel drives only connections on a stream of tokio-postgres. This one ends with its client; what the
            // server says beside answers is for nobody.
            tokio::spawn(async move {
                while let Some(Ok(_)) = poll_fn(|cx| connection.poll_message(cx)).await {}
            });
            AsyncPgConnection::try_from(client).await
        } else {
            let mut config = config.clone();
            // The "handshake" of `Plain` only wraps the stream.
            config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
            let (client, connection) = config.connect(Plain).await.map_err(bad)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
    }
    .boxed()
}

/// Opens a connection that gets notifications. Its errors carry no codes.
///
/// # Errors
/// When the URL is malformed or the server does not answer.
pub async fn connect_to_listen(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let address = Address::parse(url).map_err(ConnectionError::InvalidConnectionUrl)?;
    if address.socket().is_none() {
        return connect(url).await;
    }
    let (client, connection) = address.config().connect(NoTls).await.map_err(bad)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

fn bad(error: tokio_postgres::Error) -> ConnectionError {
    ConnectionError::BadConnection(match error.as_db_error() {
        Some(told) if sqlstate(told.message()).is_some() => told.message().to_owned(),
        Some(told) => with_sqlstate(told.code().code(), told.message()),
        None => {
            let source = std::error::Error::source(&error);
            format!("{error}{}", source.map(|source| format!(": {source}")).unwrap_or_default())
        }
    })
}

/// The version of the newest migration of this program.
pub fn newest_migration() -> String {
    known_migrations().unwrap_or_default().into_iter().max().unwrap_or_default()
}

/// How long to wait while another process migrates.
const TURN: Duration = Duration::from_millis(200);

/// Runs pending migrations; several processes at once wait for each other.
///
/// # Errors
/// When the database does not answer or a migration fails; a failed migration is rolled back.
pub async fn migrate(url: &str) -> Result<(), Fault> {
    use diesel_async::SimpleAsyncConnection;
    let open = async || connect(url).await.map_err(|error| Fault::Unavailable(error.to_string()));
    let mut turn = open().await?;
    while !begin_migrating(&mut turn).await? {
        sleep(TURN).await;
    }
    let mut harness = AsyncMigrationHarness::new(open().await?);
    tokio::task::block_in_place(|| harness.run_pending_migrations(MIGRATIONS).map(|_| ()))
        .map_err(|error| Fault::Broken(format!("migration: {error}")))?;
    // Before anybody pages through a list, all its rows have their keys.
    let mut connection = open().await?;
    match collation::fill(&mut connection).await {
        Ok(_) => {}
        Err(Error::Fault(fault)) => return Err(fault),
        Err(refused) => return Err(Fault::Broken(refused.to_string())),
    }
    Ok(turn.batch_execute("COMMIT").await?)
}

/// Begins a transaction that holds the lock of who migrates, unless another process has it. The lock of a transaction is
/// released when its session ends, for whatever reason, and a pooler that lends connections by the transaction keeps none.
/// Who waits keeps no connection of such a pooler.
async fn begin_migrating(conn: &mut AsyncPgConnection) -> Result<bool, Fault> {
    use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
    conn.batch_execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    let lock = diesel::dsl::sql::<diesel::sql_types::Bool>("pg_try_advisory_xact_lock(7101210201)");
    let is_ours: bool = diesel::select(lock).get_result(conn).await?;
    if !is_ours {
        conn.batch_execute("ROLLBACK").await?;
    }
    Ok(is_ours)
}

/// Whether the schema is that of this program, for the readiness probe.
///
/// # Errors
/// When the database does not answer.
pub async fn is_migrated(conn: &mut AsyncPgConnection) -> Result<bool, Fault> {
    Ok(drift(conn).await?.pending == 0)
}

/// The versions of the migrations of this program.
fn known_migrations() -> Result<Vec<String>, Fault> {
    use diesel::migration::{Migration, MigrationSource};
    let known: Vec<Box<dyn Migration<diesel::pg::Pg>>> =
        MIGRATIONS.migrations().map_err(|error| Fault::Broken(error.to_string()))?;
    Ok(known.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// The versions of the migrations that ran on the database.
async fn done_migrations(conn: &mut AsyncPgConnection) -> Result<Vec<String>, Fault> {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    diesel::table! {
        __diesel_schema_migrations (version) { version -> Text, }
    }
    Ok(__diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn).await?)
}

/// How the schema differs from that of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaDrift {
    /// Migrations of this program that did not run on the database.
    pub pending: usize,
    /// Migrations of the database that this program does not know: it is older.
    pub unknown: usize,
}

/// How the schema differs from that of this program. Changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn drift(conn: &mut AsyncPgConnection) -> Result<SchemaDrift, Fault> {
    let known = known_migrations()?;
    let done = if has_migrations(conn).await? { done_migrations(conn).await? } else { Vec::new() };
    let missing_in =
        |these: &[String], those: &[String]| these.iter().filter(|one| !those.contains(one)).count();
    Ok(SchemaDrift { pending: missing_in(&known, &done), unknown: missing_in(&done, &known) })
}

async fn has_migrations(conn: &mut AsyncPgConnection) -> Result<bool, Fault> {
    use diesel_async::RunQueryDsl;
    let exists =
        diesel::dsl::sql::<diesel::sql_types::Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL");
    Ok(diesel::select(exists).get_result(conn).await?)
}

/// Shows that the database can be written to, for the readiness probe. Writes and commits a row, which a standby refuses
/// and a server without room for its log does not survive; and has a megabyte written to the disk of the data and thrown
/// away, because a full disk still takes changes of what is already there.
///
/// # Errors
/// When the database does not answer, or cannot write.
pub async fn write_something(conn: &mut AsyncPgConnection) -> Result<(), Fault> {
    use diesel_async::SimpleAsyncConnection;
    // What a query keeps goes to a temporary file when it exceeds `work_mem`; without a `temp_tablespaces` of its own, on
    // the disk of the database. Both settings end with the transaction, which several statements at once are.
    conn.batch_execute(
        "SET LOCAL work_mem = '64kB';
         SET LOCAL temp_tablespaces = '';
         SELECT count(*) FROM unnest(array_fill(repeat('x', 8000), ARRAY[128]));
         INSERT INTO readiness (at) VALUES (now()) ON CONFLICT (one) DO UPDATE SET at = excluded.at",
    )
    .await?;
    Ok(())
}

/// What time it is for the database.
///
/// # Errors
/// When the database does not answer.
pub async fn time(conn: &mut AsyncPgConnection) -> Result<TimeTold, Fault> {
    use diesel::sql_types::Timestamptz;
    use diesel_async::RunQueryDsl;
    let asked = Instant::now();
    let time = diesel::dsl::sql::<Timestamptz>("clock_timestamp()");
    let time = diesel::select(time).get_result(conn).await?;
    Ok(TimeTold { asked, answered: Instant::now(), time })
}

/// How many other clients are connected to this database, whoever they are.
///
/// # Errors
/// When the database does not answer.
pub async fn others(conn: &mut AsyncPgConnection) -> Result<i64, Fault> {
    use diesel_async::RunQueryDsl;
    let count = diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "(SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL)",
    );
    Ok(diesel::select(count).get_result(conn).await?)
}

/// The server version, for example 150004 for 15.4.
///
/// # Errors
/// When the database does not answer.
pub async fn server_version(conn: &mut AsyncPgConnection) -> Result<i32, Fault> {
    use diesel_async::RunQueryDsl;
    let version =
        diesel::dsl::sql::<diesel::sql_types::Integer>("current_setting('server_version_num')::int");
    Ok(diesel::select(version).get_result(conn).await?)
}
