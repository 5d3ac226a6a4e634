//! A private Redis.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::wait::DEADLINE;

/// A Redis on a socket in its own folder.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    server: Child,
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder is made");
        let server = run(&folder.path().join("redis.sock")).await;
        Self { folder, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Gives it a command.
    ///
    /// # Panics
    /// When it does not obey.
    pub async fn tell(&self, command: &str) {
        let mut line = UnixStream::connect(self.socket()).await.expect("it listens");
        line.write_all(format!("{command}\r\n").as_bytes()).await.expect("it hears");
        let mut answer = [0; 5];
        line.read_exact(&mut answer).await.expect("it answers");
        assert_eq!(&answer, b"+OK\r\n", "{command}");
    }

    /// Kills it, without starting it again.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub async fn kill(&mut self) {
        self.server.kill().await.expect("a child can be killed");
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.server = run(&self.socket()).await;
    }

    /// Suspends it, until [`Redis::wake`].
    ///
    /// # Panics
    /// When it has ended.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Resumes it.
    ///
    /// # Panics
    /// When it has ended.
    pub fn wake(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.server.id().expect("it runs");
        let id = i32::try_from(id).expect("a process id is an i32");
        kill(Pid::from_raw(id), signal).expect("a child can be told");
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

async fn run(socket: &PathBuf) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(socket);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let server = command.spawn().expect("redis-server is installed");
    let begun = Instant::now();
    // The socket file of a killed server still exists.
    while UnixStream::connect(socket).await.is_err() {
        assert!(begun.elapsed() < DEADLINE, "Redis does not start");
        sleep(Duration::from_millis(5)).await;
    }
    server
}
