//! The process that owns the tests' PostgreSQL. It ends some minutes after the last test process.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use nix::sys::statvfs::statvfs;
use tokio::time::{Instant, sleep};

use super::server::{ServerFolder, drop_leftovers, is_running};

/// The argument with which `guichet-under-test` becomes the keeper, followed by the folder where processes meet.
pub const KEEP_SERVER: &str = "keep-test-server";

/// How long the server waits for another process after the last one has ended.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// The polling interval for whether anybody uses it.
const LOOK: Duration = Duration::from_secs(1);
/// The memory that must be free for keeping the data there: creating a database takes half as long as on a disk.
const ROOM: u64 = 2 << 30;

/// The folders of processes are called so, with their number and one by chance: numbers are used again.
const PREFIX: &str = "guichet-tests-";

/// A folder for this process. Folders of processes that have ended are removed, because no code runs at the end of
/// a process.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        remove_leftovers();
        let base = if free_bytes(&memory()) > ROOM { memory() } else { std::env::temp_dir() };
        base.join(format!("{PREFIX}{}-{:08x}", std::process::id(), rand::random::<u32>()))
    })
}

fn memory() -> PathBuf {
    "/dev/shm".into()
}

/// Removes the folders of processes that have ended.
fn remove_leftovers() {
    for entry in [memory(), std::env::temp_dir()].iter().flat_map(fs::read_dir).flatten().flatten() {
        let name = entry.file_name();
        let own = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let pid = own.and_then(|own| own.split('-').next()?.parse().ok());
        if pid.is_some_and(|pid| !is_running(pid)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn free_bytes(folder: &Path) -> u64 {
    #[allow(clippy::useless_conversion, reason = "the types differ between systems")]
    statvfs(folder).map_or(0, |found| u64::from(found.blocks_available()) * u64::from(found.fragment_size()))
}

/// Runs the server until nobody has used it for a while.
///
/// # Panics
/// When PostgreSQL does not start or does not answer.
pub async fn keep(place: &OsStr) {
    let place = ServerFolder::at(place);
    // The data are needed for minutes only.
    let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder()) }
        .without_fsync()
        .with("synchronous_commit", "off")
        .with("wal_level", "minimal")
        .with("max_wal_senders", "0")
        .with("autovacuum", "off")
        .with("max_connections", "800");
    let mut postgres = Postgres::start(options).await.expect("PostgreSQL starts");
    place.tell(|database| postgres.url_of(database));
    let users = place.open("users");
    let mut used = Instant::now();
    let is_idle = loop {
        tokio::select! {
            () = postgres.ended() => break false,
            () = sleep(LOOK) => {}
        }
        // While this process has the lock, nobody can begin to use the server.
        if users.try_lock().is_err() {
            used = Instant::now();
            continue;
        }
        let mut conn = db::connect(&postgres.url_of("postgres")).await.expect("PostgreSQL answers");
        drop_leftovers(&mut conn, |_| true).await;
        if has_guests(&mut conn).await {
            used = Instant::now();
        }
        if used.elapsed() > IDLE {
            break true;
        }
        users.unlock().expect("a lock can be given back");
    };
    // Nobody looks for a server while this process has the lock on its users.
    if is_idle {
        place.forget();
    }
    postgres.stop().await;
    let _ = fs::remove_dir_all(postgres.data_dir());
    // What the last tests left, which nobody comes to remove for a while.
    remove_leftovers();
}

/// Whether somebody is connected, such as a person with `psql`.
async fn has_guests(conn: &mut AsyncPgConnection) -> bool {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        guests: i64,
    }
    let statement = "SELECT count(*) AS guests FROM pg_stat_activity
                     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let row: Row = diesel::sql_query(statement).get_result(conn).await.expect("connections are counted");
    row.guests > 0
}
