//! `postmaster.pid`: what a running server says about itself, and what a killed one leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::kill;
use nix::unistd::Pid;

/// The lines of `postmaster.pid` that matter here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: Pid,
    /// The folder of the socket.
    pub(super) socket_folder: PathBuf,
    /// Whether connections are accepted.
    pub(super) ready: bool,
}

impl PidFile {
    /// Where it is, beside the files of the server.
    pub(super) fn path(database: &Path) -> PathBuf {
        database.join("postmaster.pid")
    }

    /// The file, as far as the server has written it.
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

    /// Whether the process that wrote the file still runs. After a restart of the machine or of a
    /// container its number may belong to a stranger.
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
