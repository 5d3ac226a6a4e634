//! Guichet as separate processes: started, watched, frozen, killed.
//!
//! The thread that starts a process lives as long as the process, so that the kernel kills the process when this
//! program ends, for whatever reason.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{env, fs, io, thread};

use guichet_embedded::die_with_parent;
use guichet_server::settings::VARIABLES;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::app::OPERATOR;
use crate::database::keeper;
use crate::http;
use crate::wait::{DEADLINE, WITH_DEMO};

/// The polling interval for readiness.
const LOOK: Duration = Duration::from_millis(5);
/// Any free port of this machine.
const ANY_PORT: &str = "127.0.0.1:0";

/// The file folder of processes that share a database. One folder is enough for all, because ids are unique.
fn shared_folder() -> PathBuf {
    keeper::folder().join("shared")
}

/// How to start a process.
#[derive(Debug, Clone)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, OsString)>,
    /// Whether it listens on its own port.
    listens: bool,
    /// How long its start may take.
    patience: Duration,
}

impl Launch {
    /// Everything in one process, with the embedded defaults in this folder.
    pub fn all_in_one(data: &Path) -> Self {
        let launch = Self { patience: WITH_DEMO, ..Self::guichet(&[]) };
        launch.with("GUICHET_DATA", data).with("GUICHET_LISTEN", ANY_PORT)
    }

    /// `guichet serve` on any free port. Tests and benchmarks act faster than people, from one address.
    pub fn serve(database_url: &str) -> Self {
        const MANY: &str = "1000000";
        let launch = Self::guichet(&["serve"]).with("DATABASE_URL", database_url);
        let launch = launch.with("GUICHET_PACE", MANY).with("GUICHET_CLIENT_CONNECTIONS", MANY);
        launch.with("GUICHET_LISTEN", ANY_PORT).with("GUICHET_DATA", shared_folder())
    }

    /// `guichet work`, with its probes on any free port.
    pub fn work(database_url: &str, smtp_url: &str) -> Self {
        let launch = Self::guichet(&["work"]).with("DATABASE_URL", database_url);
        launch
            .with("SMTP_URL", smtp_url)
            .with("MAIL_FROM", OPERATOR)
            .with("GUICHET_PROBES", ANY_PORT)
            .with("GUICHET_DATA", shared_folder())
    }

    /// The current program with other arguments. It is ready as soon as it runs.
    ///
    /// # Panics
    /// When the system does not know the path of the program.
    pub fn own(arguments: &[&str]) -> Self {
        Self { program: own_program(), listens: false, ..Self::guichet(arguments) }
    }

    /// A Node script of the tests, with arguments. It is ready once it has printed its address.
    pub fn node(script: &str, arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let arguments = [script.into()].into_iter().chain(arguments.iter().map(OsString::from)).collect();
        Self {
            program: "node".into(),
            arguments,
            environment: Vec::new(),
            listens: false,
            patience: DEADLINE,
        }
    }

    fn guichet(arguments: &[&str]) -> Self {
        Self {
            program: program_beside("guichet-under-test"),
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: Vec::new(),
            listens: true,
            patience: DEADLINE,
        }
    }

    /// Adds an environment variable; later ones override earlier ones.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Adds several; later ones override earlier ones.
    #[must_use]
    pub fn with_all<N: AsRef<str>, V: Into<OsString>>(
        self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        variables.into_iter().fold(self, |launch, (name, value)| launch.with(name.as_ref(), value))
    }

    /// On a machine whose clock is ahead or behind, for example by `+60h` or `-60h`. Seconds last as long as elsewhere.
    ///
    /// # Panics
    /// When the system has no libfaketime: `make setup-tests` installs it.
    #[must_use]
    pub fn with_clock(self, shift: &str) -> Self {
        self.with_all(shifted_clock(shift))
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// When it ends instead, or is not ready in time.
    pub async fn start(&self) -> Process {
        let begun = Instant::now();
        let process = self.spawn().await;
        if self.listens {
            let probe = format!("{}/readyz", process.url().await);
            let http = http::client();
            while !http.get(&probe).send().await.is_ok_and(|answer| answer.status().is_success()) {
                process.expect_alive(begun);
                sleep(LOOK).await;
            }
        }
        process
    }

    /// Starts it and returns as soon as it runs.
    ///
    /// # Panics
    /// When the program cannot be run.
    pub async fn spawn(&self) -> Process {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        for variable in VARIABLES {
            command.env_remove(variable.name);
        }
        command.env("LOG_FORMAT", "json");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let lines = Lines::default();
        let (started, starts) = oneshot::channel();
        let (tell, ended) = watch::channel(None);
        let heard = lines.clone();
        thread::spawn(move || {
            let run = move || -> io::Result<ExitStatus> {
                let (reader, writer) = io::pipe()?;
                command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
                die_with_parent(&mut command, Signal::SIGKILL);
                let mut child = command.spawn()?;
                // The command holds the other ends of the pipe.
                drop(command);
                let _ = started.send(Pid::from_raw(child.id().cast_signed()));
                for line in BufReader::new(reader).lines() {
                    heard.push(line?);
                }
                child.wait()
            };
            // The error of a failed start is reported to the waiting caller.
            if let Ok(status) = run() {
                tell.send_replace(Some(status));
            }
        });
        let pid = starts.await.expect("the program can be run");
        Process { pid, lines, ended, patience: self.patience }
    }
}

/// The environment of a process on a machine with another clock, see [`Launch::with_clock`].
///
/// # Panics
/// When the system has no libfaketime.
pub fn shifted_clock(shift: &str) -> [(&'static str, OsString); 3] {
    let folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].into_iter().map(PathBuf::from);
    // Debian's folders are named after the kind of machine.
    let kinds = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut libraries = folders.chain(kinds).map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    let library = libraries.find(|path| path.exists()).expect("libfaketime is installed");
    [("LD_PRELOAD", library.into()), ("FAKETIME", shift.into()), ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into())]
}

fn own_program() -> PathBuf {
    env::current_exe().expect("the system knows this program")
}

/// Another program of this crate.
pub(crate) fn program_beside(name: &str) -> PathBuf {
    let own = own_program();
    // The test program is in a folder below that of the other programs.
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("Cargo did not build `{name}`; `--bins` asks for it"))
}

/// The output of a process, line by line.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn push(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn look<T>(&self, look: impl FnOnce(&[String]) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A running process, killed on drop.
#[derive(Debug)]
pub struct Process {
    pid: Pid,
    lines: Lines,
    ended: watch::Receiver<Option<ExitStatus>>,
    patience: Duration,
}

impl Process {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// Its address, for example `http://127.0.0.1:4567`, once it has printed it.
    ///
    /// # Panics
    /// When it does not print it.
    pub async fn url(&self) -> String {
        let begun = Instant::now();
        loop {
            if let Some(url) = self.lines.look(|lines| lines.iter().find_map(|line| url_in(line))) {
                return url;
            }
            self.expect_alive(begun);
            sleep(LOOK).await;
        }
    }

    /// Its output so far, on both streams.
    pub fn output(&self) -> Vec<String> {
        self.lines.look(<[String]>::to_vec)
    }

    /// The entries of its log so far.
    pub fn entries(&self) -> Vec<Value> {
        self.lines.look(|lines| lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// What `/readyz` says, with its status.
    ///
    /// # Panics
    /// When the process does not answer in JSON.
    pub async fn readiness(&self) -> (u16, Value) {
        let answer = http::get(format!("{}/readyz", self.url().await)).await.expect("readiness is answered");
        (answer.status().as_u16(), answer.json().await.expect("in JSON"))
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// The value of a metric with these labels, as in Prometheus; 0 when it does not exist yet.
    ///
    /// # Panics
    /// When the process does not answer.
    pub async fn metric(&self, name_and_labels: &str) -> f64 {
        let page = self.metrics().await;
        let value = page.lines().find_map(|line| line.strip_prefix(name_and_labels)?.trim().parse().ok());
        value.unwrap_or_default()
    }

    /// The page of all its metrics.
    ///
    /// # Panics
    /// When the process does not answer.
    pub async fn metrics(&self) -> String {
        let page = http::get(format!("{}/metrics", self.url().await)).await.expect("metrics are answered");
        page.text().await.expect("metrics are text")
    }

    /// Suspends it.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Resumes it.
    pub fn wake(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Kills it, as `kill -9` does.
    pub async fn kill(self) {
        self.signal(Signal::SIGKILL);
        self.end().await;
    }

    /// Sends it the stop signal.
    pub fn ask_to_stop(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Stops it; returns its exit status.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn stop(self) -> ExitStatus {
        self.ask_to_stop();
        self.end().await
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn end(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let Ok(ended) = timeout(DEADLINE, ended.wait_for(Option::is_some)).await else {
            panic!("the process does not end: {:#?}", self.output())
        };
        ended.expect("its thread waits for it").expect("that was waited for")
    }

    fn signal(&self, signal: Signal) {
        if !self.has_ended() {
            // Fails only when it has ended since.
            let _ = kill(self.pid, signal);
        }
    }

    #[track_caller]
    fn expect_alive(&self, since: Instant) {
        let ended = self.ended.borrow();
        assert!(ended.is_none(), "the process ended ({ended:?}): {:#?}", self.output());
        assert!(since.elapsed() < self.patience, "the process is not ready: {:#?}", self.output());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// The address in the line that a process prints when it is ready.
fn url_in(line: &str) -> Option<String> {
    if let Some(graphql) = line.trim().strip_prefix("GraphQL ") {
        return graphql.trim().strip_suffix("/graphql").map(str::to_owned);
    }
    let line: Value = serde_json::from_str(line).ok()?;
    if !matches!(line["message"].as_str()?, "serving" | "answering probes") {
        return None;
    }
    let address = line["address"].as_str()?;
    Some(if address.starts_with("http") { address.to_owned() } else { format!("http://{address}") })
}
