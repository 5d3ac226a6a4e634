//! Sending mails over SMTP, or into the folder of the catcher, and asking the DNS for what concerns them. Independent of
//! templates and of the database.
//!
//! A mail is a [`lettre::Message`] with one recipient and a `Message-ID` that is the same on every attempt.
//! [`Route::send`] returns an outcome sorted by what to do next: [`SendError`].

mod address;
mod catcher;
mod caught;
mod dkim;
mod dns;
mod outcome;
mod outgoing;
mod pool;
mod readable;
mod session;
mod settings;
mod trust;
mod watched;
mod wire;

use std::time::Duration;

use lettre::Message;
use tokio_util::task::task_tracker::TaskTrackerToken;

pub use self::{
    catcher::Catcher,
    caught::Caught,
    dkim::Dkim,
    dns::{Dns, NoAnswer},
    outcome::{Accepted, Cause, Phase, Reply, SendError, Trouble},
    outgoing::Unsendable,
    pool::Pool,
    settings::{Limits, Security, SettingError, SmtpSettings, Survey},
    watched::{Passed, Plain},
    wire::Tls,
};

/// Where mails are sent.
#[derive(Clone)]
pub enum Route {
    /// To a relay.
    Smtp(Pool),
    /// Into a folder, for inspection; nobody receives anything.
    Catcher(Catcher),
}

impl Route {
    /// Sends a mail to its one recipient; see [`Pool::send`].
    ///
    /// # Errors
    /// [`SendError`] says whether to retry.
    pub async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        self.send_if(message, || true).await
    }

    /// As [`Route::send`]; `may_go` is called at the last moment when the mail can still be held back.
    ///
    /// # Errors
    /// [`SendError`] says whether to retry.
    pub async fn send_if(
        &self,
        message: &Message,
        may_go: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<Accepted, SendError> {
        match self {
            Self::Smtp(pool) => pool.send_if(message, may_go).await,
            Self::Catcher(catcher) if may_go() => catcher.send(message).await,
            Self::Catcher(_) => Err(Trouble::new(Phase::Store, Cause::CallerGone).into()),
        }
    }

    /// [`Route::close`] waits until this is dropped.
    pub fn stay_open(&self) -> Option<TaskTrackerToken> {
        match self {
            Self::Smtp(pool) => Some(pool.stay_open()),
            Self::Catcher(_) => None,
        }
    }

    /// Lets mails in progress finish, for at most `within`, and closes the sessions with the relay.
    pub async fn close(&self, within: Duration) {
        match self {
            Self::Smtp(pool) => pool.close(within).await,
            Self::Catcher(_) => {}
        }
    }
}
