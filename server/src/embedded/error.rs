//! Why the embedded PostgreSQL is not there, each in one sentence for the person at the terminal.

use std::io;
use std::path::{Path, PathBuf};

/// A start or stop that failed. None of these goes away by trying again unchanged.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No binaries were found, or only old ones.
    #[error(
        "PostgreSQL 15 or newer is not installed: run `apt-get install postgresql` (or your system's equivalent), \
         or set PG_BIN_DIR to the folder that holds `postgres` and `initdb`, or DATABASE_URL to a running server"
    )]
    NoBinaries,
    /// `PG_BIN_DIR` is set to a folder without usable binaries.
    #[error("PG_BIN_DIR: no `postgres` and `initdb` of version 15 or newer in {}", .0.display())]
    NoBinariesIn(PathBuf),
    /// The data were made by a major version that is not installed.
    #[error(
        "{} was made by PostgreSQL {major}, which is not installed: install that version, set PG_BIN_DIR to its \
         folder, or choose another GUICHET_DATA", .folder.display()
    )]
    OtherMajor {
        /// The data folder.
        folder: PathBuf,
        /// The major version that made it.
        major: u32,
    },
    /// Running as root, and the system has no user to run PostgreSQL as.
    #[error(
        "PostgreSQL does not run as root and there is no user `postgres` or `nobody`: start guichet as another user"
    )]
    NoUser,
    /// Running as root, and the data belong to a user that does not exist.
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
        /// What the system said.
        reason: io::Error,
    },
    /// Another guichet holds the data folder.
    #[error("another guichet is running on {}: stop it, or choose another GUICHET_DATA", .0.display())]
    Busy(PathBuf),
    /// A folder in a shared place is not ours alone.
    #[error("{} exists and is not a private folder of the user `{user}`: remove it", .folder.display())]
    NotPrivate {
        /// The folder for the socket.
        folder: PathBuf,
        /// The user that should own it.
        user: String,
    },
    /// A server of an earlier guichet still runs and does not end.
    #[error("an earlier PostgreSQL server (process {pid}) on {} does not end: stop it", .folder.display())]
    Predecessor {
        /// The data folder.
        folder: PathBuf,
        /// Its process.
        pid: i32,
    },
    /// A program of PostgreSQL refused; its own words follow.
    #[error("PostgreSQL: {program} failed: {reason}")]
    Refused {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The last line that it wrote.
        reason: String,
    },
    /// The server was started and did not become ready in time.
    #[error("PostgreSQL did not become ready within {seconds} s; see {}", .log.display())]
    NotReady {
        /// The limit.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// A program of PostgreSQL cannot be run.
    #[error("PG_BIN_DIR: {} cannot be run: {}", .program.display(), words(.source))]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file system refused.
    #[error("GUICHET_DATA: cannot {act} {}: {}", .path.display(), words(.source))]
    File {
        /// What was tried.
        act: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The thread that keeps the child could not be made, or broke.
    #[error("the thread that keeps PostgreSQL ended: {0}")]
    Keeper(String),
}

/// What the system said, without its number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" (os error").map_or(text.as_str(), |(before, _)| before).to_lowercase()
}

/// Adds the program to what the system said.
pub(super) fn program(program: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let program = program.to_owned();
    move |source| EmbeddedError::Program { program, source }
}

/// Adds act and path to what the file system said.
pub(super) fn file(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |source| EmbeddedError::File { act, path, source }
}
