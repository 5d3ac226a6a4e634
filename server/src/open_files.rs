//! Raises the limit of open files: each websocket takes one, and many systems start with 1,024.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit to the hard limit. If that fails, the process still works, for fewer clients.
pub fn allow_many() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most, most).map(|()| most));
    match raised {
        Ok(most) => tracing::debug!(most, "open files"),
        Err(error) => tracing::warn!(%error, "no more open files than at the start"),
    }
}
