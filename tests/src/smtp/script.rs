//! Rules that replace the server's usual replies.

use std::time::Duration;

/// A step at which the server replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The greeting.
    Connect,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// The result of AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// The DATA command.
    Data,
    /// The final dot.
    EndOfData,
    /// RSET.
    Reset,
}

/// What the server does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends this code and text.
    Reply(u16, String),
    /// The same in Latin-1, as old servers do.
    Latin1(u16, String),
    /// Never replies, and waits until the client disconnects.
    Hang,
    /// Sends the usual reply after this delay.
    Slow(Duration),
    /// Sends the usual reply once [`super::Sink::release`] is called.
    Hold,
    /// Disconnects without a reply.
    Drop,
    /// At [`Step::EndOfData`]: accepts the mail, then disconnects without a reply.
    KeepAndDrop,
    /// Sends the usual reply and, in the same packet, these bytes.
    Also(String),
}

/// A rule: what to do at a step.
#[derive(Debug, Clone)]
pub struct Rule {
    step: Step,
    sender: Option<String>,
    recipient: Option<String>,
    left: Option<u32>,
    act: Act,
}

impl Rule {
    /// Applies every time.
    pub fn new(step: Step, act: Act) -> Self {
        Self { step, sender: None, recipient: None, left: None, act }
    }

    /// Applies only the next `times` times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Only for mails from this sender; from MAIL FROM on.
    #[must_use]
    pub fn from(mut self, sender: &str) -> Self {
        self.sender = Some(sender.to_owned());
        self
    }

    /// Only for mails to this recipient; from RCPT on.
    #[must_use]
    pub fn to(mut self, recipient: &str) -> Self {
        self.recipient = Some(recipient.to_owned());
        self
    }
}

/// The active rules.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<Rule>);

impl Script {
    pub fn add(&mut self, rule: Rule) {
        self.0.push(rule);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The action at this step of a mail from this sender to these recipients.
    pub fn next(&mut self, step: Step, sender: Option<&str>, recipients: &[String]) -> Option<Act> {
        let fits = |rule: &&mut Rule| {
            let from = rule.sender.is_none() || rule.sender.as_deref() == sender;
            let meant = rule.recipient.as_ref().is_none_or(|recipient| recipients.contains(recipient));
            rule.step == step && rule.left != Some(0) && from && meant
        };
        let rule = self.0.iter_mut().rev().find(fits)?;
        if let Some(left) = &mut rule.left {
            *left -= 1;
        }
        Some(rule.act.clone())
    }
}
