//! The thread that owns the child. The kernel ends a child together with the *thread* that spawned it, so this
//! thread lives exactly as long as the child or the process.

use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fs, io};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

use super::EmbeddedError;
use super::cluster::Cluster;
use super::error::{file, program};
use super::pid_file::PidFile;

/// How long a server may take to become ready; after a crash it first replays its WAL.
const READY: Duration = Duration::from_secs(120);
/// How long the server of a killed process may take to end.
const PREDECESSOR: Duration = Duration::from_secs(60);
/// How long the processes of a killed server may take to release its shared memory.
const LEFTOVERS: Duration = Duration::from_secs(20);
/// The polling interval for files and processes.
const LOOK: Duration = Duration::from_millis(4);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    pid: Pid,
    ended: watch::Receiver<Option<ExitStatus>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts the server and returns once it accepts connections.
    pub(super) async fn launch(cluster: Arc<Cluster>) -> Result<Self, EmbeddedError> {
        let (started, starts) = oneshot::channel();
        let (tell, ended) = watch::channel(None);
        let thread = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || keep(&cluster, started, &tell))
            .map_err(|error| EmbeddedError::Keeper(error.to_string()))?;
        let pid = starts.await.map_err(|_| EmbeddedError::Keeper("it broke".to_owned()))??;
        Ok(Self { pid, ended, thread: Some(thread) })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// Sends a signal, unless the server has ended and its process id may belong to another process.
    pub(super) fn signal(&self, signal: Signal) {
        if self.ended.borrow().is_none() {
            // Fails only when the server has ended since.
            let _ = kill(self.pid, signal);
        }
    }

    /// Waits until the server has ended.
    pub(super) async fn ended(&self) {
        // An error means that the thread is gone, and the child with it.
        let _ = self.ended.clone().wait_for(Option::is_some).await;
    }
}

impl Drop for Server {
    /// When `stop` was not called: ends the server at once, without losing commits.
    fn drop(&mut self) {
        self.signal(Signal::SIGQUIT);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(
    cluster: &Cluster,
    started: oneshot::Sender<Result<Pid, EmbeddedError>>,
    tell: &watch::Sender<Option<ExitStatus>>,
) {
    match start(cluster) {
        Ok(mut child) => {
            let pid = pid_of(&child);
            if started.send(Ok(pid)).is_err() {
                // The caller that wanted the server is gone.
                let _ = kill(pid, Signal::SIGQUIT);
            }
            if let Ok(status) = child.wait() {
                tell.send_replace(Some(status));
            }
        }
        Err(error) => {
            // Fails when the caller gave up the start.
            let _ = started.send(Err(error));
        }
    }
}

fn start(cluster: &Cluster) -> Result<Child, EmbeddedError> {
    await_predecessor(cluster)?;
    let begun = Instant::now();
    loop {
        let mut command = cluster.server()?;
        let from = fs::metadata(cluster.log()).map_or(0, |metadata| metadata.len());
        let mut child = command.spawn().map_err(program(command.get_program().as_ref()))?;
        match await_ready(cluster, &mut child)? {
            Start::Ready => return Ok(child),
            Start::Ended => {
                let reason = cluster.last_words(from);
                // The processes of a killed server end a moment after it.
                if reason.contains("shared memory block") && begun.elapsed() < LEFTOVERS {
                    thread::sleep(LOOK);
                    continue;
                }
                return Err(EmbeddedError::Refused { program: "postgres", reason });
            }
            Start::Late => {
                let _ = kill(pid_of(&child), Signal::SIGQUIT);
                let _ = child.wait();
                return Err(EmbeddedError::NotReady { seconds: READY.as_secs(), log: cluster.log() });
            }
        }
    }
}

enum Start {
    Ready,
    Ended,
    Late,
}

fn await_ready(cluster: &Cluster, child: &mut Child) -> Result<Start, EmbeddedError> {
    let begun = Instant::now();
    while begun.elapsed() < READY {
        if child.try_wait().map_err(file("watch", &cluster.database()))?.is_some() {
            return Ok(Start::Ended);
        }
        if PidFile::read(&cluster.database()).is_some_and(|file| file.ready && file.pid == pid_of(child)) {
            return Ok(Start::Ready);
        }
        thread::sleep(LOOK);
    }
    Ok(Start::Late)
}

/// Waits for the server of a killed process, which the kernel told to stop, and removes the PID file of a dead
/// one.
fn await_predecessor(cluster: &Cluster) -> Result<(), EmbeddedError> {
    let begun = Instant::now();
    let database = cluster.database();
    let running = || PidFile::read(&database).filter(|file| file.is_running(&database));
    if let Some(found) = running() {
        // On systems where the kernel does not stop it, nobody has told it yet.
        let _ = kill(found.pid, Signal::SIGINT);
    }
    while let Some(found) = running() {
        if begun.elapsed() > PREDECESSOR {
            return Err(EmbeddedError::Predecessor {
                folder: cluster.root().to_owned(),
                pid: found.pid.as_raw(),
            });
        }
        thread::sleep(LOOK);
    }
    let path = PidFile::path(&database);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file("remove", &path)(error)),
        _ => Ok(()),
    }
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}
