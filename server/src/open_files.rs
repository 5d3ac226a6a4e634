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

/// How many files this process may have open.
pub fn most() -> usize {
    let (now, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1_024, 1_024));
    usize::try_from(now).unwrap_or(usize::MAX)
}
