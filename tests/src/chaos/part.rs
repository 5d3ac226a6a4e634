//! A process of ours that goes away and comes back where it was.

use std::process::ExitStatus;

use crate::process::{Launch, Process};

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Asked to, as a rolling restart does.
    Stopped,
    /// By `kill -9`.
    Killed,
}

/// The process, and the way to start it again.
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

    /// Starts a server, which keeps its address; answers that too.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn serve(launch: Launch) -> (Self, String) {
        let process = launch.start().await;
        let url = process.url().await;
        let launch = launch.with("GUICHET_LISTEN", url.trim_start_matches("http://"));
        (Self { launch, process: Some(process) }, url)
    }

    /// It goes. Answers how it ended, where it was asked to.
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

    /// It comes back.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn come_back(&mut self) {
        self.process = Some(self.launch.start().await);
    }
}
