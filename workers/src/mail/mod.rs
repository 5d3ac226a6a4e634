//! Sending mail: over SMTP, or into the folder of the catcher. No templates and no database here.
//!
//! A mail comes as a [`lettre::Message`] with one recipient and a `Message-ID`, the same on every try.
//! [`Route::send`] tells what became of it, sorted by what to do: [`SendError`].

mod catcher;
mod caught;
mod dkim;
mod outcome;
mod outgoing;
mod pool;
mod session;
mod settings;
mod trust;
mod wire;

use lettre::Message;
use tokio_util::sync::CancellationToken;

pub use self::{
    catcher::Catcher,
    caught::Caught,
    dkim::Dkim,
    outcome::{Accepted, Cause, Phase, Reply, SendError, Trouble},
    outgoing::Unsendable,
    pool::Pool,
    settings::{Limits, Security, SettingError, SmtpSettings},
    wire::Tls,
};

/// Where mails go.
#[derive(Clone)]
pub enum Route {
    /// To a relay.
    Smtp(Pool),
    /// Into a folder, for a look at them; nobody gets anything.
    Catcher(Catcher),
}

impl Route {
    /// Sends one mail to its one recipient; see [`Pool::send`].
    ///
    /// # Errors
    /// [`SendError`] says whether to retry.
    pub async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        self.send_unless(&CancellationToken::new(), message).await
    }

    /// The same, but holds the mail back once it is given up, if that is still possible.
    ///
    /// # Errors
    /// As of [`Route::send`].
    pub async fn send_unless(
        &self,
        given_up: &CancellationToken,
        message: &Message,
    ) -> Result<Accepted, SendError> {
        match self {
            Self::Smtp(pool) => pool.send_unless(given_up, message).await,
            Self::Catcher(catcher) => catcher.send(message).await,
        }
    }

    /// Lets the mails on their way finish and says goodbye to the relay.
    pub async fn close(&self) {
        match self {
            Self::Smtp(pool) => pool.close().await,
            Self::Catcher(_) => {}
        }
    }
}
