//! The data folder of an embedded server, used by one process at a time.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf, absolute};
use std::{env, io};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::EmbeddedError;
use super::error::file;
use super::run_as::RunAs;

/// The file name of the server's socket; nobody listens on a port with this number.
const SOCKET: &str = ".s.PGSQL.5432";
/// The prefix of clusters that are being created.
const NEW: &str = "postgres.new-";
/// Longest path of a socket: 107 bytes on Linux, 103 on macOS.
const LONGEST: usize = 103;

/// The data folder. Everything of the embedded server is in it.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

/// A lock on a folder; the kernel releases it when the process ends, for whatever reason.
#[derive(Debug)]
pub(super) struct Hold {
    _file: File,
}

impl Folder {
    /// The folder `wanted`. If the user that runs PostgreSQL cannot enter it and `may_move` is set, the folder of
    /// that user under /var/lib.
    pub(super) fn settle(wanted: &Path, may_move: bool, postgres: &Path) -> Result<Self, EmbeddedError> {
        let here = Self::at(wanted)?;
        let user = RunAs::choose(&here.database())?;
        let there = here.root.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
        if user.can_enter(there, postgres)? {
            return Ok(here);
        }
        if may_move {
            return Ok(here.moved());
        }
        Err(EmbeddedError::Closed { folder: here.root, user: user.name() })
    }

    /// The folder at `path`, which need not exist.
    pub(super) fn at(path: &Path) -> Result<Self, EmbeddedError> {
        let root = path.canonicalize().or_else(|_| absolute(path)).map_err(file("find", path))?;
        Ok(Self { root })
    }

    /// The folder to use when this one cannot be entered by the user that runs PostgreSQL.
    pub(super) fn moved(&self) -> Self {
        Self { root: Path::new("/var/lib").join(self.short_name()) }
    }

    /// Creates the folder if missing, and locks it.
    pub(super) fn hold(&self) -> Result<Hold, EmbeddedError> {
        if !self.root.is_dir() {
            fs::create_dir_all(&self.root).map_err(file("create", &self.root))?;
            // Others may enter but not list it, because PostgreSQL may run as another user.
            fs::set_permissions(&self.root, Permissions::from_mode(0o711))
                .map_err(file("open", &self.root))?;
        }
        let path = self.root.join("guichet.lock");
        let lock = File::create(&path).map_err(file("create", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Hold { _file: lock }),
            Err(TryLockError::WouldBlock) => Err(EmbeddedError::Busy(self.root.clone())),
            Err(TryLockError::Error(source)) => Err(file("lock", &path)(source)),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The files of the cluster.
    pub(super) fn database(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// The temporary folder of a new cluster, so that a half-made one is never used. Its name is new each time:
    /// the `initdb` of a killed process may still be writing or cleaning up.
    pub(super) fn new_database(&self) -> PathBuf {
        self.root.join(format!("{NEW}{}", Uuid::new_v4().simple()))
    }

    /// Removes half-made clusters that no process uses any more; the rest is removed next time.
    pub(super) fn remove_half_made(&self) {
        let entries = self.root.read_dir().into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(NEW)) {
            if let Err(error) = fs::remove_dir_all(entry.path()) {
                tracing::debug!(%error, "a half-made database stays");
            }
        }
    }

    /// The server's log file.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// The folder of the socket: `run` in here, or a shorter path elsewhere when this one is too long.
    pub(super) fn socket_folder(&self, user: &RunAs) -> Result<PathBuf, EmbeddedError> {
        let mut folder = self.root.join("run");
        if folder.join(SOCKET).as_os_str().len() > LONGEST {
            #[allow(clippy::disallowed_methods, reason = "the session's folder is no setting of ours")]
            let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
            let runtime =
                runtime.filter(|folder| !user.is_other() && folder.is_dir() && folder.as_os_str().len() < 60);
            folder = runtime.unwrap_or_else(|| PathBuf::from("/tmp")).join(self.short_name());
        }
        make_private(&folder, user)?;
        Ok(folder)
    }

    /// A short name that is unique to this data folder.
    fn short_name(&self) -> String {
        let hash = Sha256::digest(self.root.as_os_str().as_bytes());
        hash.iter().take(5).fold("guichet-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
    }
}

/// Creates a folder that only `user` can enter, or checks an existing one. In /tmp somebody else may have created
/// it first; then it is refused.
pub(super) fn make_private(folder: &Path, user: &RunAs) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return user.give(folder).map_err(file("give away", folder)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(file("create", folder)(source)),
    }
    let metadata = fs::symlink_metadata(folder).map_err(file("read", folder))?;
    if metadata.is_dir() && metadata.uid() == user.uid() && metadata.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(EmbeddedError::NotPrivate { folder: folder.to_owned(), user: user.name() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_folder_and_are_short() {
        let name = |path: &str| Folder::at(Path::new(path)).unwrap().short_name();
        assert_ne!(name("/srv/a/data"), name("/srv/b/data"));
        assert_eq!(name("/srv/a/data"), name("/srv/a/data"));
        assert_eq!(name("/srv/a/data").len(), "guichet-".len() + 10);
    }
}
