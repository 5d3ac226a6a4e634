//! How many files the process may have open: each websocket is one, and many systems begin with 1,024.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Allows as many as the administrator allows. Without it the process works too, for fewer clients.
pub fn allow_many() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most, most).map(|()| most));
    match raised {
        Ok(most) => tracing::debug!(most, "open files"),
        Err(error) => tracing::warn!(%error, "no more open files than at the start"),
    }
}
