//! Where benchmarks keep their data: in memory if possible, because the time to flush a disk varies by orders of
//! magnitude.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

/// A folder that is removed with this value.
///
/// # Panics
/// When the folder cannot be created.
pub fn folder() -> TempDir {
    // Accessible also for the user that runs PostgreSQL when this runs as root.
    let mut builder = tempfile::Builder::new();
    let builder = builder.permissions(Permissions::from_mode(0o755));
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() };
    made.expect("a folder is made")
}
