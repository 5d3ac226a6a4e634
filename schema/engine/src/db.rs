//! Connections to PostgreSQL with or without TLS, the pool, and migrations.
//!
//! A lost connection becomes `Fault::Unavailable` in `guichet_base::error`, and the API error `UNAVAILABLE` in
//! `guichet_edge::errors`.

mod address;
mod sqlstate;
pub mod survey;

use std::convert::identity;
use std::future::poll_fn;
use std::io;
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool,
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use guichet_base::error::Fault;
use tokio::net::UnixStream;
use tokio_postgres::NoTls;
use tokio_postgres::config::{SslMode, SslNegotiation};

pub use address::Address;
use address::CONNECT;
use sqlstate::{Coded, Plain, WithCodes};

/// All migrations, in order.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// A pool of connections.
pub type Pool = deadpool::Pool<AsyncPgConnection>;
/// A connection outside of any pool.
pub type Connection = AsyncPgConnection;
/// A connection borrowed from the pool.
pub type Conn = deadpool::Object<AsyncPgConnection>;

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
    let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    ConnectionError::BadConnection(format!("{error}{source}"))
}

/// A pool of at most `size` connections. Waiting for a connection fails after five seconds with "database
/// unavailable".
///
/// # Errors
/// When the pool cannot be created.
pub fn pool(url: &str, size: usize) -> Result<Pool, Fault> {
    let mut config = ManagerConfig::default();
    // A closed connection is detected locally; a test query would cost a round trip each time.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(connect);
    let wait = Some(Duration::from_secs(5));
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(size)
        .wait_timeout(wait)
        .create_timeout(wait)
        .runtime(deadpool_runtime())
        .build()
        .map_err(|error| Fault::Broken(error.to_string()))
}

fn deadpool_runtime() -> ::deadpool::Runtime {
    ::deadpool::Runtime::Tokio1
}

/// Runs pending migrations; several processes at once wait for each other.
///
/// # Errors
/// When the database does not answer or a migration fails; a failed migration is rolled back.
pub async fn migrate(url: &str) -> Result<(), Fault> {
    use diesel_async::SimpleAsyncConnection;
    let mut connection = connect(url).await.map_err(|error| Fault::Unavailable(error.to_string()))?;
    // A session lock: released when the session ends, for whatever reason.
    connection.batch_execute("SELECT pg_advisory_lock(7101210201)").await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    tokio::task::block_in_place(|| harness.run_pending_migrations(MIGRATIONS).map(|_| ()))
        .map_err(|error| Fault::Broken(format!("migration: {error}")))
}

/// Whether the schema is that of this program, for the readiness probe.
///
/// # Errors
/// When the database does not answer.
pub async fn is_migrated(conn: &mut AsyncPgConnection) -> Result<bool, Fault> {
    let (done, known) = (done_migrations(conn).await?, known_migrations()?);
    Ok(known.iter().all(|version| done.contains(version)))
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

/// Writes a row and commits it, for the readiness probe: a database that only reads, or has no room, is of no use.
///
/// # Errors
/// When the database does not answer, or cannot write.
pub async fn write_something(conn: &mut AsyncPgConnection) -> Result<(), Fault> {
    use diesel_async::RunQueryDsl;
    let write = "INSERT INTO readiness (at) VALUES (now()) ON CONFLICT (one) DO UPDATE SET at = excluded.at";
    diesel::sql_query(write).execute(conn).await?;
    Ok(())
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
