//! Where benchmarks keep their data: in memory where that is possible, for the time that a disk takes
//! to flush drifts by orders of magnitude.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

/// A folder that is removed with this value.
///
/// # Panics
/// When no folder can be made.
pub fn folder() -> TempDir {
    // Passable also for the user who runs PostgreSQL when this is run as root.
    let mut builder = tempfile::Builder::new();
    let builder = builder.permissions(Permissions::from_mode(0o755));
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() };
    made.expect("a folder is made")
}
