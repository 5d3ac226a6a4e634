//! A process of ours that is stopped or killed, and started again at the same address.

use std::process::ExitStatus;

use crate::process::{Launch, Process};

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Asked to stop, as in a rolling restart.
    Stopped,
    /// Killed with `kill -9`.
    Killed,
}

/// The process, and how to start it again.
#[derive(Debug)]
pub struct Part {
    launch: Launch,
    /// None while it is away.
    process: Option<Process>,
}

impl Part {
    /// Starts it.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(launch: Launch) -> Self {
        let process = Some(launch.start().await);
        Self { launch, process }
    }

    /// Starts a server that keeps its address; also returns the address.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn serve(launch: Launch) -> (Self, String) {
        let process = launch.start().await;
        let url = process.url().await;
        let launch = launch.with("GUICHET_LISTEN", url.trim_start_matches("http://"));
        (Self { launch, process: Some(process) }, url)
    }

    /// Stops or kills it. Returns the exit status when it was asked to stop.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn leave(&mut self, end: End) -> Option<ExitStatus> {
        let process = self.process.take()?;
        match end {
            End::Stopped => Some(process.stop().await),
            End::Killed => {
                process.kill().await;
                None
            }
        }
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn come_back(&mut self) {
        self.process = Some(self.launch.start().await);
    }
}
