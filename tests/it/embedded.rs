//! The embedded PostgreSQL: it starts, stops, and never outlives the program.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_embedded::{EmbeddedError, Postgres, PostgresOptions, running_url};
use guichet_engine::db;
use guichet_tests::place::Nobody;
use guichet_tests::wait::{DEADLINE, WITH_DEMO, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

/// A folder that the user who runs PostgreSQL can enter, also when the tests run as root.
fn folder() -> TempDir {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap()
}

fn options(folder: &TempDir) -> PostgresOptions {
    PostgresOptions::new(folder.path().join("data")).without_fsync()
}

async fn execute(postgres: &Postgres, statements: &str) {
    db::connect(&postgres.url()).await.unwrap().batch_execute(statements).await.unwrap();
}

async fn ask(postgres: &Postgres, expression: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Text)]
        answer: String,
    }
    let mut connection = db::connect(&postgres.url()).await.unwrap();
    let query = diesel::sql_query(format!("SELECT {expression} AS answer"));
    query.get_result::<Answer>(&mut connection).await.unwrap().answer
}

/// Whether a process runs; a zombie does not.
fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test]
async fn a_server_has_a_socket_of_its_own_and_no_port() {
    let folder = folder();
    let mut postgres = Postgres::start(options(&folder).with("max_connections", "33")).await.unwrap();
    let of = async |setting: &str| ask(&postgres, &format!("current_setting('{setting}')")).await;
    assert_eq!(of("listen_addresses").await, "");
    assert_eq!(of("data_checksums").await, "on");
    assert_eq!(of("server_encoding").await, "UTF8");
    assert_eq!(of("max_connections").await, "33");
    let socket = folder.path().join("data/run/.s.PGSQL.5432");
    assert_eq!(fs::metadata(socket.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    let pid = postgres.pid().unwrap();
    postgres.stop().await;
    assert!(!lives(pid) && !socket.exists() && postgres.pid().is_none());
}

#[tokio::test]
async fn data_stay_over_stop_kill_and_restart() {
    let folder = folder();
    let mut postgres = Postgres::start(options(&folder)).await.unwrap();
    execute(&postgres, "CREATE TABLE t (n text); INSERT INTO t VALUES ('kept')").await;
    postgres.stop().await;
    drop(postgres);
    let mut postgres = Postgres::start(options(&folder)).await.unwrap();
    assert_eq!(ask(&postgres, "(SELECT n FROM t)").await, "kept");
    execute(&postgres, "INSERT INTO t VALUES ('too')").await;
    postgres.kill().await;
    postgres.restart().await.unwrap();
    assert_eq!(ask(&postgres, "(SELECT count(*)::text FROM t)").await, "2");
    let before = postgres.pid();
    postgres.restart().await.unwrap();
    assert_ne!(postgres.pid(), before);
    assert_eq!(ask(&postgres, "(SELECT count(*)::text FROM t)").await, "2");
}

#[tokio::test]
async fn a_dropped_handle_takes_its_server_along() {
    let folder = folder();
    let postgres = Postgres::start(options(&folder)).await.unwrap();
    let pid = postgres.pid().unwrap();
    drop(postgres);
    assert!(!lives(pid));
}

#[tokio::test]
async fn a_folder_is_used_by_one_at_a_time() {
    let folder = folder();
    let postgres = Postgres::start(options(&folder)).await.unwrap();
    let refused = Postgres::start(options(&folder)).await.unwrap_err();
    assert!(matches!(&refused, EmbeddedError::Busy(path) if path == postgres.data_dir()), "{refused}");
    // A command uses the server that is running.
    assert_eq!(running_url(postgres.data_dir(), false), Some(postgres.url()));
    let path = postgres.data_dir().to_owned();
    drop(postgres);
    assert_eq!(running_url(&path, false), None);
}

/// A stale pid file, whose number another process may have now, does not prevent a start.
#[tokio::test]
async fn a_stale_pid_file_does_not_stop_a_start() {
    let folder = folder();
    let mut postgres = Postgres::start(options(&folder)).await.unwrap();
    let path = postgres.data_dir().join("postgres/postmaster.pid");
    let left = fs::read_to_string(&path).unwrap();
    postgres.stop().await;
    for stranger in [std::process::id().to_string(), "1".to_owned(), "999999999".to_owned()] {
        let (_, rest) = left.split_once('\n').unwrap();
        fs::write(&path, format!("{stranger}\n{rest}")).unwrap();
        postgres.restart().await.unwrap();
        postgres.stop().await;
    }
    fs::write(&path, "").unwrap();
    postgres.restart().await.unwrap();
}

/// A half-created database folder is replaced.
#[tokio::test]
async fn a_half_made_database_is_not_used() {
    let folder = folder();
    let half = folder.path().join("data/postgres.new-1");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    let postgres = Postgres::start(options(&folder)).await.unwrap();
    assert!(!half.exists());
    assert_eq!(ask(&postgres, "current_database()::text").await, "guichet");
}

#[tokio::test]
async fn a_long_path_gets_a_short_socket() {
    let folder = folder();
    let long = folder
        .path()
        .join("a-name-of-thirty-six-letters-exactly")
        .join("and-another-one-of-fifty-letters-for-good-measure!");
    let mut postgres = Postgres::start(PostgresOptions::new(&long).without_fsync()).await.unwrap();
    let socket =
        PathBuf::from(ask(&postgres, "current_setting('unix_socket_directories')").await.trim_matches('"'));
    assert!(socket.as_os_str().len() < 80 && !socket.starts_with(folder.path()));
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(postgres.notes()[0].contains(socket.to_str().unwrap()), "{:?}", postgres.notes());
    postgres.stop().await;
    // A folder in a shared place is not used if others can write to it.
    fs::set_permissions(&socket, Permissions::from_mode(0o777)).unwrap();
    drop(postgres);
    let refused = Postgres::start(PostgresOptions::new(&long).without_fsync()).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::NotPrivate { .. }), "{refused}");
    fs::remove_dir(&socket).unwrap();
}

#[tokio::test]
async fn missing_binaries_are_named() {
    let folder = folder();
    let options = PostgresOptions { bin_dir: Some(folder.path().to_owned()), ..options(&folder) };
    let sentence = Postgres::start(options).await.unwrap_err().to_string();
    let path = folder.path().display();
    assert_eq!(sentence, format!("PG_BIN_DIR: no `postgres` and `initdb` of version 15 or newer in {path}"));
    assert!(EmbeddedError::NoBinaries.to_string().contains("apt-get install postgresql"));
}

#[tokio::test]
async fn data_of_another_version_are_refused() {
    let folder = folder();
    let database = folder.path().join("data/postgres");
    fs::create_dir_all(&database).unwrap();
    fs::write(database.join("PG_VERSION"), "9\n").unwrap();
    let refused = Postgres::start(options(&folder)).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::OtherMajor { major: 9, .. }), "{refused}");
}

/// As root, PostgreSQL runs as another user, who cannot enter root's home: the data move to `/var/lib`, or the start is
/// refused. For other users nothing moves.
#[tokio::test]
async fn a_closed_folder_is_left_for_another_one() {
    let home = folder();
    fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
    let wish = Postgres::start(options(&home)).await;
    let by_default = PostgresOptions { may_move: true, ..options(&home) };
    if !geteuid().is_root() {
        assert_eq!(wish.unwrap().data_dir(), by_default.data_dir);
        return;
    }
    let refused = wish.unwrap_err();
    assert!(matches!(refused, EmbeddedError::Closed { .. }), "{refused}");
    let postgres = Postgres::start(by_default).await.unwrap();
    let moved = postgres.data_dir().to_owned();
    assert!(moved.starts_with("/var/lib") && postgres.notes()[0].contains(moved.to_str().unwrap()));
    assert_eq!(running_url(&home.path().join("data"), true), Some(postgres.url()));
    drop(postgres);
    fs::remove_dir_all(moved).unwrap();
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_guichet-under-test"));
    program.args(arguments).env_remove("DATABASE_URL").env_remove("SMTP_URL");
    program.env("GUICHET_DATA", data).env("GUICHET_LISTEN", "127.0.0.1:0").stdin(Stdio::null());
    program
}

/// The whole program as a process, with the process id of its server.
struct Running {
    child: Child,
    server: u32,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Running {
    async fn start(data: &Path) -> Self {
        let mut command = tokio::process::Command::from(program(data, &[]));
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let started =
            async { while !output.next_line().await.unwrap().expect("it lives").contains("Guichet runs") {} };
        timeout(WITH_DEMO, started).await.unwrap();
        Self { child, server: server_on(data).expect("a server runs"), _output: output }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().unwrap().cast_signed()), signal).unwrap();
    }

    async fn ended(&mut self) -> ExitStatus {
        timeout(DEADLINE, self.child.wait()).await.unwrap().unwrap()
    }
}

/// The process id of a server that accepts connections.
fn server_on(data: &Path) -> Option<u32> {
    running_url(data, false)?;
    fs::read_to_string(data.join("postgres/postmaster.pid")).ok()?.lines().next()?.parse().ok()
}

#[tokio::test]
async fn a_killed_program_leaves_no_server_and_starts_again() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut program = Running::start(&data).await;
    program.signal(Signal::SIGKILL);
    program.ended().await;
    // At once, while the server may still be writing its last checkpoint.
    let mut again = Postgres::start(options(&folder)).await.unwrap();
    assert!(!lives(program.server));
    again.stop().await;
    drop(again);

    let mut program = Running::start(&data).await;
    program.signal(Signal::SIGKILL);
    program.ended().await;
    until("the server is gone", async || (!lives(program.server)).then_some(())).await;
}

#[tokio::test]
async fn an_interrupted_program_stops_all_of_it() {
    let folder = folder();
    let data = folder.path().join("data");
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut program = Running::start(&data).await;
        program.signal(signal);
        let status = program.ended().await;
        assert!(status.success() && !lives(program.server), "{status}");
        let log = fs::read_to_string(data.join("postgres.log")).unwrap();
        assert!(log.trim_end().ends_with("database system is shut down"), "{log}");
    }
}

#[tokio::test]
async fn a_server_that_was_killed_is_started_again() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut program = Running::start(&data).await;
    kill(Pid::from_raw(program.server.cast_signed()), Signal::SIGKILL).unwrap();
    let killed = program.server;
    until("another server runs", async || server_on(&data).filter(|server| *server != killed)).await;
    program.signal(Signal::SIGINT);
    assert!(program.ended().await.success());
}

/// A command that runs beside the program uses its server.
#[tokio::test]
async fn commands_join_the_running_program() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut running = Running::start(&data).await;
    let output = program(&data, &["migrate"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(lives(running.server));
    running.signal(Signal::SIGINT);
    assert!(running.ended().await.success());
}

#[tokio::test]
async fn what_stands_in_the_way_is_one_sentence() {
    let folder = folder();
    let data = folder.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let nobody = Nobody::new();
    let free = nobody.address();
    for (arguments, name, value, sentence) in [
        (
            &[][..],
            "GUICHET_LISTEN",
            address.as_str(),
            format!("GUICHET_LISTEN: {address} is taken by another program"),
        ),
        (&[], "DATABASE_POOL", "many", "DATABASE_POOL: is `many`, not a number from 2 to 500".to_owned()),
        (
            &["migrate"],
            "DATABASE_URL",
            &format!("postgres://me:hunter2@{free}/guichet"),
            format!("DATABASE_URL: connection refused at {free}"),
        ),
    ] {
        let output = program(&data, arguments).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("guichet: {sentence}\n"));
    }
    assert!(!data.exists(), "a refused start leaves nothing behind");
}
