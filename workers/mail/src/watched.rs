//! Sending one mail over a session of its own while a person watches: `guichet mail test`.

use std::time::SystemTime;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};

use super::dkim::Dkim;
use super::outcome::{Accepted, Phase, SendError, Trouble};
use super::outgoing::{Outgoing, Unsendable};
use super::session::Session;
use super::settings::{Security, SmtpSettings};

/// A step that worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// The relay was reached.
    Connected,
    /// The connection is encrypted, and the certificate of the relay is valid.
    Encrypted,
    /// The relay knows our user and password.
    SignedIn,
}

/// A plain mail.
#[derive(Debug, Clone)]
pub struct Plain<'a> {
    /// The name and the address that it comes from.
    pub from: (&'a str, &'a str),
    /// The address that it goes to.
    pub to: &'a str,
    /// The `Message-ID`, with angle brackets.
    pub message_id: String,
    /// When it was written.
    pub at: SystemTime,
    /// The subject.
    pub subject: &'a str,
    /// The text.
    pub text: String,
}

impl Plain<'_> {
    /// The mail, signed if there is a key.
    ///
    /// # Errors
    /// When no mail can carry an address. Final.
    pub fn build(self, dkim: Option<&Dkim>) -> Result<Message, Unsendable> {
        let (name, from) = self.from;
        let builder = Message::builder()
            .from(Mailbox::new(Some(name.to_owned()), from.parse()?))
            .to(Mailbox::new(None, self.to.parse()?))
            .subject(self.subject)
            .date(self.at)
            .message_id(Some(self.message_id))
            .header(ContentType::TEXT_PLAIN);
        let mut message = builder.body(self.text).expect("it has a sender and a recipient");
        if let Some(dkim) = dkim {
            dkim.sign(&mut message);
        }
        Ok(message)
    }
}

impl SmtpSettings {
    /// Sends a mail, and tells each step that worked, in order.
    ///
    /// # Errors
    /// The first step that did not work.
    pub async fn send_watched(
        &self,
        message: &Message,
        mut see: impl FnMut(Passed),
    ) -> Result<Accepted, SendError> {
        let mail = Outgoing::try_from(message)?;
        let opened = Session::open(self).await;
        let passed = |trouble: &Trouble| self.before(trouble.phase);
        opened.as_ref().map_or_else(passed, |_| self.steps()).into_iter().for_each(&mut see);
        let mut session = opened?;
        let sent = match session.begin(&mail).await {
            Ok(()) => session.hand_over(&mail, || true).await,
            Err(error) => Err(error),
        };
        session.quit().await;
        sent
    }

    /// The steps before a mail.
    fn steps(&self) -> Vec<Passed> {
        let encrypted = !matches!(self.security, Security::Clear);
        [
            (true, Passed::Connected),
            (encrypted, Passed::Encrypted),
            (self.credentials.is_some(), Passed::SignedIn),
        ]
        .into_iter()
        .filter_map(|(there_is, step)| there_is.then_some(step))
        .collect()
    }

    /// Those that worked before opening a session failed in this phase.
    fn before(&self, phase: Phase) -> Vec<Passed> {
        let failed = match phase {
            Phase::Connect => return Vec::new(),
            // Where TLS begins at once, it comes before the greeting.
            Phase::Greeting if matches!(self.security, Security::Implicit(_)) => Passed::SignedIn,
            Phase::Tls | Phase::Greeting | Phase::StartTls => Passed::Encrypted,
            _ => Passed::SignedIn,
        };
        self.steps().into_iter().filter(|step| *step < failed).collect()
    }
}
