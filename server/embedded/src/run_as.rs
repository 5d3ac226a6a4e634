//! The user that runs PostgreSQL: the current one, but never root.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{self, Uid, User};

use super::EmbeddedError;

/// Who runs PostgreSQL.
#[derive(Debug, Clone)]
pub(super) struct RunAs {
    /// The user to switch to when we are root.
    other: Option<User>,
}

impl RunAs {
    /// As root: the owner of an existing cluster, else `postgres`, else `nobody`. `initdb` requires a user with a
    /// name.
    pub(super) fn choose(database: &Path) -> Result<Self, EmbeddedError> {
        if !unistd::geteuid().is_root() {
            return Ok(Self { other: None });
        }
        let owner = database.metadata().ok().map(|metadata| metadata.uid()).filter(|uid| *uid != 0);
        let other = match owner {
            Some(uid) => User::from_uid(Uid::from_raw(uid))
                .ok()
                .flatten()
                .ok_or(EmbeddedError::UnknownOwner { folder: database.to_owned(), uid })?,
            None => ["postgres", "nobody"]
                .iter()
                .find_map(|name| User::from_name(name).ok().flatten())
                .filter(|user| !user.uid.is_root())
                .ok_or(EmbeddedError::NoUser)?,
        };
        Ok(Self { other: Some(other) })
    }

    /// Whether PostgreSQL runs as another user.
    pub(super) fn is_other(&self) -> bool {
        self.other.is_some()
    }

    pub(super) fn uid(&self) -> u32 {
        self.other.as_ref().map_or_else(unistd::geteuid, |user| user.uid).as_raw()
    }

    pub(super) fn name(&self) -> String {
        self.other.as_ref().map_or_else(|| self.uid().to_string(), |user| user.name.clone())
    }

    /// Changes the owner of a file to that user.
    pub(super) fn give(&self, path: &Path) -> io::Result<()> {
        match &self.other {
            Some(user) => Ok(unistd::chown(path, Some(user.uid), Some(user.gid))?),
            None => Ok(()),
        }
    }

    /// A command that runs as that user in `folder`, without our environment, which contains secrets.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").current_dir(folder).stdin(Stdio::null());
        if let Some(user) = &self.other {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Whether that user can enter `folder`. Tested by running `postgres` there, because permission bits do not
    /// tell everything.
    pub(super) fn can_enter(&self, folder: &Path, postgres: &Path) -> Result<bool, EmbeddedError> {
        let run = |folder| self.command(postgres, folder).arg("--version").stdout(Stdio::null()).status();
        if !self.is_other() || run(folder).is_ok() {
            return Ok(true);
        }
        match run(Path::new("/")) {
            Ok(_) => Ok(false),
            Err(reason) => {
                Err(EmbeddedError::NotExecutable { program: postgres.to_owned(), user: self.name(), reason })
            }
        }
    }
}
