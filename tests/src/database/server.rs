//! The server that all test processes share: found or started, with a migrated template.
//!
//! The processes meet in the folder `test-server` beside the programs. Each process that uses the server holds a
//! shared lock on the file `users`; the kernel releases it when the process ends, for whatever reason. The process
//! that holds the lock on `start` looks for a server, starts it when there is none, and makes the template. The
//! server belongs to a process of its own, see [`super::keeper`].

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use guichet_engine::db;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use sha2::{Digest, Sha256};

use super::keeper::KEEP_SERVER;
use crate::process::program_beside;
use crate::wait::DEADLINE;

/// The placeholder for the name of the database in an address.
const NAME: &str = "a_name_to_be_replaced";

/// The server, and the lock that keeps it running.
#[derive(Debug)]
pub(super) struct Server {
    address: String,
    /// The database that new ones are cloned from.
    pub(super) template: String,
    _lock: File,
}

/// The server, joined once per process.
pub(super) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        // Not the runtime of a test, which ends with the test.
        let join = || tokio::runtime::Runtime::new().expect("a runtime starts").block_on(Server::join());
        thread::spawn(join).join().expect("PostgreSQL starts")
    })
}

impl Server {
    /// The prefix of databases that are dropped when their process has ended.
    pub(super) const OWN: &str = "test_";
    /// The prefix of databases that live as long as the server.
    pub(super) const KEPT: &str = "kept_";

    /// The address of a database.
    pub(super) fn url(&self, database: &str) -> String {
        self.address.replace(NAME, database)
    }

    async fn join() -> Self {
        let place = ServerFolder::own();
        let lock = place.open("users");
        lock.lock_shared().expect("a file can be locked");
        let start = place.open("start");
        start.lock().expect("a file can be locked");
        let address = match place.address() {
            Some(address) if answers(&address).await => address,
            _ => place.start().await,
        };
        let server = Self { address, template: template_name(), _lock: lock };
        let mut conn = db::connect(&server.url("postgres")).await.expect("PostgreSQL answers");
        drop_leftovers(&mut conn, |pid| pid == std::process::id() || !is_running(pid)).await;
        server.make_template(&mut conn).await;
        server
    }

    async fn make_template(&self, conn: &mut AsyncPgConnection) {
        let Self { template, .. } = self;
        if databases(conn, template).await.contains(template) {
            return;
        }
        // Renamed when complete, because the process may be killed during the migrations.
        let new = format!("{}{}_template", Self::OWN, std::process::id());
        conn.batch_execute(&format!("CREATE DATABASE {new}")).await.expect("a template is made");
        db::migrate(&self.url(&new)).await.expect("the migrations run");
        let rename = format!("ALTER DATABASE {new} RENAME TO {template}");
        conn.batch_execute(&rename).await.expect("nobody is connected any more");
    }
}

/// The folder where the test processes of one target folder meet.
#[derive(Debug, Clone)]
pub(super) struct ServerFolder(PathBuf);

impl ServerFolder {
    fn own() -> Self {
        let program = program_beside("guichet-under-test");
        let place = Self(program.with_file_name("test-server"));
        fs::create_dir_all(&place.0).expect("a folder is made");
        place
    }

    pub(super) fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// A file, for locking it.
    pub(super) fn open(&self, name: &str) -> File {
        File::create(self.0.join(name)).expect("a file is made")
    }

    fn address(&self) -> Option<String> {
        fs::read_to_string(self.0.join("address")).ok()
    }

    /// Writes the address of the server; `url_of` returns that of a database.
    pub(super) fn tell(&self, url_of: impl Fn(&str) -> String) {
        let new = self.0.join("address.new");
        fs::write(&new, url_of(NAME)).expect("a file is written");
        fs::rename(new, self.0.join("address")).expect("a file is named");
    }

    /// Removes the address of a server that ends.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(self.0.join("address"));
    }

    /// Starts the server in a process that outlives this one, and returns its address.
    async fn start(&self) -> String {
        self.forget();
        let log = self.open("log");
        let mut keeper = Command::new(program_beside("guichet-under-test"));
        keeper.arg(KEEP_SERVER).arg(&self.0);
        // Neither Ctrl-C in this terminal nor the end of this program's output concerns the keeper.
        keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).process_group(0);
        #[allow(clippy::zombie_processes, reason = "it outlives this process")]
        let mut keeper = keeper.spawn().expect("the keeper can be run");
        let begun = Instant::now();
        loop {
            if let Some(address) = self.address() {
                return address;
            }
            let has_ended = keeper.try_wait().expect("a child can be waited for").is_some();
            if has_ended || begun.elapsed() > DEADLINE {
                let log = fs::read_to_string(self.0.join("log")).unwrap_or_default();
                panic!("PostgreSQL does not start: {log}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn answers(address: &str) -> bool {
    db::connect(&address.replace(NAME, "postgres")).await.is_ok()
}

/// Drops the databases of the processes for which `is_over` returns true.
pub(super) async fn drop_leftovers(conn: &mut AsyncPgConnection, is_over: impl Fn(u32) -> bool) {
    for name in databases(conn, &format!("{}%", Server::OWN)).await {
        let pid = name.split('_').nth(1).and_then(|pid| pid.parse().ok());
        if pid.is_some_and(&is_over) {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            conn.batch_execute(&drop).await.expect("PostgreSQL does as told");
        }
    }
}

async fn databases(conn: &mut AsyncPgConnection, like: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let statement = "SELECT datname::text AS name FROM pg_database WHERE datname LIKE $1";
    let rows: Vec<Row> =
        diesel::sql_query(statement).bind::<Text, _>(like).load(conn).await.expect("databases are listed");
    rows.into_iter().map(|row| row.name).collect()
}

/// A name with a digest of the migrations, so that each version of them is run once per server.
fn template_name() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<PathBuf> = folder
        .read_dir()
        .expect("the migrations are there")
        .map(|entry| entry.expect("the folder is read").path().join("up.sql"))
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        // The name is the version that the database remembers.
        let name = file.parent().and_then(Path::file_name).expect("a migration has a name");
        hash.update(name.as_encoded_bytes());
        hash.update(fs::read(&file).expect("a migration is read"));
    }
    format!("template_{}", HEXLOWER.encode(&hash.finalize()[..8]))
}

/// Whether there is a process with this number.
pub(crate) fn is_running(pid: u32) -> bool {
    kill(Pid::from_raw(pid.cast_signed()), None) != Err(Errno::ESRCH)
}
