//! What the service manager is told, if one such as systemd started this process and wants to know (sd_notify(3)).

use sd_notify::{NotifyState, notify};

/// The process has started: it serves and works.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The process is stopping, for whatever reason.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
