//! `postmaster.pid`, which a running server writes and a killed one leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::kill;
use nix::unistd::Pid;

/// The relevant lines of `postmaster.pid`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: Pid,
    /// The folder of the socket.
    pub(super) socket_folder: PathBuf,
    /// Whether the server accepts connections.
    pub(super) ready: bool,
}

impl PidFile {
    /// The path of the file, in the folder of the cluster.
    pub(super) fn path(database: &Path) -> PathBuf {
        database.join("postmaster.pid")
    }

    /// Reads the file, as far as the server has written it.
    pub(super) fn read(database: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(Self::path(database)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        let line = |number: usize| lines.get(number).copied().unwrap_or_default().trim();
        Some(Self {
            pid: Pid::from_raw(line(0).parse().ok()?),
            socket_folder: PathBuf::from(line(4)),
            ready: line(7) == "ready",
        })
    }

    /// Whether the process that wrote the file is still running. After a restart of the machine or container, its
    /// id may belong to another process.
    pub(super) fn is_running(&self, database: &Path) -> bool {
        if !cfg!(target_os = "linux") {
            return kill(self.pid, None).is_ok();
        }
        let command = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        command.split(|byte| *byte == 0).any(|argument| argument == database.as_os_str().as_encoded_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_far_as_it_is_written() {
        let whole = "4711\n/d/postgres\n1795400000\n5432\n/d/run\n\n  1234 5\nready   \n";
        let expected =
            PidFile { pid: Pid::from_raw(4711), socket_folder: PathBuf::from("/d/run"), ready: true };
        assert_eq!(PidFile::parse(whole), Some(expected));
        assert_eq!(PidFile::parse("4711\n/d/postgres\n").map(|file| file.ready), Some(false));
        assert_eq!(PidFile::parse(""), None);
    }

    #[test]
    fn a_stranger_with_the_number_is_not_the_server() {
        let own = PidFile { pid: Pid::this(), socket_folder: PathBuf::new(), ready: true };
        assert!(!own.is_running(Path::new("/nowhere/postgres")));
    }
}
