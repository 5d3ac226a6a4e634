//! Errors of the embedded PostgreSQL, each as one sentence for the terminal.

use std::io;
use std::path::{Path, PathBuf};

/// A failed start or stop. Trying again without a change does not help.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No binaries were found, or only ones that are too old.
    #[error(
        "PostgreSQL 15 or newer is not installed: run `apt-get install postgresql` (or your system's equivalent), \
         or set PG_BIN_DIR to the folder that holds `postgres` and `initdb`, or DATABASE_URL to a running server"
    )]
    NoBinaries,
    /// `PG_BIN_DIR` is set to a folder without usable binaries.
    #[error("PG_BIN_DIR: no `postgres` and `initdb` of version 15 or newer in {}", .0.display())]
    NoBinariesIn(PathBuf),
    /// The cluster was created by a major version that is not installed.
    #[error(
        "{} was made by PostgreSQL {major}, which is not installed: install that version, set PG_BIN_DIR to its \
         folder, or choose another GUICHET_DATA", .folder.display()
    )]
    OtherMajor {
        /// The data folder.
        folder: PathBuf,
        /// The major version that created it.
        major: u32,
    },
    /// We run as root, and the system has no user to run PostgreSQL as.
    #[error(
        "PostgreSQL does not run as root and there is no user `postgres` or `nobody`: start guichet as another user"
    )]
    NoUser,
    /// We run as root, and the data belong to a user that does not exist.
    #[error("{} belongs to user id {uid}, which has no name on this system: give it to another user", .folder.display())]
    UnknownOwner {
        /// The folder of the database.
        folder: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// The user that runs PostgreSQL cannot reach the data folder.
    #[error(
        "GUICHET_DATA: {} cannot be entered by the user `{user}`, who runs PostgreSQL when guichet runs as root: \
         choose a folder such as /var/lib/guichet", .folder.display()
    )]
    Closed {
        /// The data folder.
        folder: PathBuf,
        /// The unprivileged user.
        user: String,
    },
    /// The user that runs PostgreSQL cannot execute the binaries.
    #[error("PG_BIN_DIR: {} cannot be run by the user `{user}`: {reason}", .program.display())]
    NotExecutable {
        /// The program.
        program: PathBuf,
        /// The unprivileged user.
        user: String,
        /// The error of the system.
        reason: io::Error,
    },
    /// Another guichet process uses the data folder.
    #[error("another guichet is running on {}: stop it, or choose another GUICHET_DATA", .0.display())]
    Busy(PathBuf),
    /// The folder in a shared place is not ours alone.
    #[error("{} exists and is not a private folder of the user `{user}`: remove it", .folder.display())]
    NotPrivate {
        /// The folder for the socket.
        folder: PathBuf,
        /// The user that should own it.
        user: String,
    },
    /// A server of an earlier guichet process is still running and does not end.
    #[error("an earlier PostgreSQL server (process {pid}) on {} does not end: stop it", .folder.display())]
    Predecessor {
        /// The data folder.
        folder: PathBuf,
        /// Its process id.
        pid: i32,
    },
    /// A program of PostgreSQL failed; its message follows.
    #[error("PostgreSQL: {program} failed: {reason}")]
    Refused {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The last line that it wrote.
        reason: String,
    },
    /// The server was started but did not become ready in time.
    #[error("PostgreSQL did not become ready within {seconds} s; see {}", .log.display())]
    NotReady {
        /// The time limit, in seconds.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// A program of PostgreSQL could not be run.
    #[error("PG_BIN_DIR: {} cannot be run: {}", .program.display(), words(.source))]
    Program {
        /// The program.
        program: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file operation failed.
    #[error("GUICHET_DATA: cannot {act} {}: {}", .path.display(), words(.source))]
    File {
        /// The operation.
        act: &'static str,
        /// The path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The thread that owns the child could not be created, or failed.
    #[error("the thread that keeps PostgreSQL ended: {0}")]
    Keeper(String),
}

/// The system's error message, without its number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" (os error").map_or(text.as_str(), |(before, _)| before).to_lowercase()
}

/// Adds the program to an error of the system.
pub(super) fn program(program: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let program = program.to_owned();
    move |source| EmbeddedError::Program { program, source }
}

/// Adds operation and path to an error of the file system.
pub(super) fn file(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |source| EmbeddedError::File { act, path, source }
}
