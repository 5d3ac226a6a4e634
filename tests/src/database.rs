//! Databases for tests: one private PostgreSQL per test process, one database per test, cloned from a migrated
//! template.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use diesel_async::SimpleAsyncConnection;
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;

const TEMPLATE: &str = "template_guichet";

/// A server whose databases are addressed by name.
struct Server {
    /// The address of a database, with a placeholder for the name.
    url: String,
}

const NAME: &str = "a_name_to_be_replaced";

static SERVER: OnceLock<Server> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The folder of this test process. Folders of processes that have ended are removed, because no code runs at the
/// end of a process.
pub(crate) fn folder() -> PathBuf {
    const PREFIX: &str = "guichet-tests-";
    let temp = std::env::temp_dir();
    for entry in fs::read_dir(&temp).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ended = |pid: &str| !PathBuf::from("/proc").join(pid).exists();
        if name.to_str().and_then(|name| name.strip_prefix(PREFIX)).is_some_and(ended) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    temp.join(format!("{PREFIX}{}", std::process::id()))
}

fn server() -> &'static Server {
    SERVER.get_or_init(|| {
        let (told, url) = mpsc::channel();
        // The server ends with the thread that started it, and a test's runtime ends with the test, so it gets its
        // own thread.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
            runtime.block_on(async {
                let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder()) }
                    .without_fsync()
                    .with("max_connections", "400");
                let postgres = Postgres::start(options).await.expect("PostgreSQL starts");
                let admin = postgres.url();
                let mut conn = db::connect(&admin).await.expect("PostgreSQL answers");
                conn.batch_execute(&format!("CREATE DATABASE {TEMPLATE}")).await.expect("a template is made");
                db::migrate(&postgres.url_of(TEMPLATE)).await.expect("the migrations run");
                told.send(postgres.url_of(NAME)).expect("somebody waits");
                std::future::pending::<()>().await;
            });
        });
        Server { url: url.recv().expect("PostgreSQL starts") }
    })
}

/// An empty, migrated database for one test.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    /// Its address, as in `DATABASE_URL`.
    pub url: String,
}

impl TestDatabase {
    /// Creates one.
    ///
    /// # Panics
    /// When PostgreSQL cannot be started or does not answer.
    pub async fn new() -> Self {
        tokio::task::spawn_blocking(server).await.expect("PostgreSQL starts");
        Self::like(TEMPLATE).await
    }

    /// Creates a copy. Nobody may be connected to this database: see [`TestDatabase::close`].
    ///
    /// # Panics
    /// When somebody is, or PostgreSQL does not answer.
    pub async fn copy(&self) -> Self {
        Self::like(&self.name).await
    }

    async fn like(template: &str) -> Self {
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        admin(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")).await;
        Self { url: server().url.replace(NAME, &name), name }
    }

    /// Disconnects everybody and refuses connections, until [`TestDatabase::open`].
    ///
    /// # Panics
    /// When PostgreSQL does not answer.
    pub async fn close(&self) {
        admin(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name)).await;
        let others =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        admin(&others).await;
    }

    /// Accepts connections again.
    ///
    /// # Panics
    /// When PostgreSQL does not answer.
    pub async fn open(&self) {
        admin(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name)).await;
    }

    /// Drops it, disconnecting everybody.
    ///
    /// # Panics
    /// When PostgreSQL does not answer.
    pub async fn drop(self) {
        admin(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

async fn admin(statement: &str) {
    let url = server().url.replace(NAME, "postgres");
    let mut conn = db::connect(&url).await.expect("PostgreSQL answers");
    conn.batch_execute(statement).await.expect("PostgreSQL does as told");
}
