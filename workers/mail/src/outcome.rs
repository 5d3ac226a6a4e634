//! The outcome of an attempt to send a mail, and the step of the session in which it failed.

use std::fmt;

use guichet_base::foreign;
use lettre::transport::smtp::response::Response;

use super::outgoing::Unsendable;

/// A step of an SMTP session; every failure names its step (RFC 5321, 4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Name lookup and opening the socket.
    Connect,
    /// The TLS handshake, immediate or after STARTTLS.
    Tls,
    /// The server's greeting and the answer to EHLO.
    Greeting,
    /// The STARTTLS command.
    StartTls,
    /// Signing in.
    Auth,
    /// RSET of a session that is reused.
    Reset,
    /// MAIL FROM.
    MailFrom,
    /// RCPT TO.
    RcptTo,
    /// The DATA command, before the body.
    Data,
    /// The body and the answer to its final dot.
    EndOfData,
    /// Writing to the folder of the mail catcher.
    Store,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Greeting => "greeting",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Reset => "RSET",
            Self::MailFrom => "MAIL FROM",
            Self::RcptTo => "RCPT TO",
            Self::Data => "DATA",
            Self::EndOfData => "end of DATA",
            Self::Store => "store",
        })
    }
}

/// A server's reply in its own words. The text may contain addresses: it is stored, but not logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    text: String,
}

impl Reply {
    /// A reply, as [`foreign::kept`] has it.
    pub fn new(code: u16, text: &str) -> Self {
        Self { code, text: foreign::kept(text) }
    }

    /// The three-digit code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The text, on one line.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

impl From<&Response> for Reply {
    fn from(response: &Response) -> Self {
        let lines: Vec<&str> = response.message().collect();
        Self::new(response.code().into(), &lines.join(" "))
    }
}

/// The relay has accepted the mail: 250 after the end of DATA, and nothing less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The server's reply, which mostly contains its queue id.
    pub reply: Reply,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The server refused: 4xx or 5xx.
    Reply(Reply),
    /// The server sent an unexpected positive code: replies and commands may be out of step.
    OutOfTurn(Reply),
    /// No reply within the time limit of the step.
    TimedOut,
    /// No connection, a broken one, or no SMTP on it. The text is ours.
    Broken(String),
    /// TLS failed, mostly because the certificate is not trusted. The text is ours.
    Untrusted(String),
    /// The settings require what the server does not offer.
    NotOffered(&'static str),
    /// The caller is gone, and nothing was handed over yet.
    CallerGone,
    /// The pool is closing.
    Closing,
}

/// A failed step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The step.
    pub phase: Phase,
    /// The cause.
    pub cause: Cause,
}

impl Trouble {
    /// A failure in `phase`.
    pub fn new(phase: Phase, cause: Cause) -> Self {
        Self { phase, cause }
    }
}

/// Names the step and the cause without the server's words, so that it can be logged.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = self.phase;
        match &self.cause {
            Cause::Reply(reply) => write!(f, "{} at {phase}", reply.code),
            Cause::OutOfTurn(reply) => write!(f, "{} out of turn at {phase}", reply.code),
            Cause::TimedOut => write!(f, "no answer in time at {phase}"),
            Cause::Broken(what) | Cause::Untrusted(what) => write!(f, "{what} at {phase}"),
            Cause::NotOffered(what) => write!(f, "the server offers no {what} at {phase}"),
            Cause::CallerGone => write!(f, "given up before {phase}"),
            Cause::Closing => write!(f, "closing before {phase}"),
        }
    }
}

/// Why a mail was not handed over, sorted by what to do next (D-04).
///
/// The text names the step and the code, never the server's words, so it can be logged; [`SendError::told`] is for
/// the delivery's record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// A hard bounce: the server refused this recipient (5xx to RCPT) or this mail (5xx to the end of DATA).
    #[error("{} at {phase}", reply.code)]
    Refused {
        /// [`Phase::RcptTo`] or [`Phase::EndOfData`].
        phase: Phase,
        /// The server's reply.
        reply: Reply,
    },
    /// Retry later, with backoff: 4xx, a timeout, a broken connection, or an unclear state.
    #[error("{0}")]
    Later(Trouble),
    /// Our own relay settings do not work (a changed password, a relay rule, a certificate): pause all mail, raise
    /// an alert, retry. This mail is not at fault.
    #[error("{0}")]
    Sick(Trouble),
    /// Final: no server can accept this mail from us.
    #[error(transparent)]
    Invalid(#[from] Unsendable),
}

impl SendError {
    /// The text to store with the delivery: the server's words, if there was a reply.
    pub fn told(&self) -> String {
        match self {
            Self::Refused { reply, .. } => reply.to_string(),
            Self::Later(trouble) | Self::Sick(trouble) => match &trouble.cause {
                Cause::Reply(reply) => reply.to_string(),
                _ => trouble.to_string(),
            },
            Self::Invalid(why) => why.to_string(),
        }
    }

    /// What happens to the session that ended with this.
    pub(super) fn fate(&self) -> Fate {
        let trouble = match self {
            Self::Refused { .. } | Self::Invalid(_) => return Fate::Keep,
            Self::Later(trouble) | Self::Sick(trouble) => trouble,
        };
        match (&trouble.cause, trouble.phase) {
            // 421 means that the server closes, 503 that the two sides disagree; after a refused reset it is
            // unclear what the server still remembers.
            (Cause::Reply(Reply { code: 421 | 503, .. }), _) | (Cause::Reply(_), Phase::Reset) => Fate::Drop,
            // After a repair of the settings a new sign-in must follow.
            (Cause::Reply(_), _) if matches!(self, Self::Sick(_)) => Fate::Quit,
            (Cause::Reply(_), Phase::RcptTo | Phase::Data | Phase::EndOfData) => Fate::Keep,
            // Some servers limit the mails per session with such a reply.
            (Cause::Reply(_), _) => Fate::Quit,
            _ => Fate::Drop,
        }
    }
}

/// What happens to a session after a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It may send another mail.
    Keep,
    /// It works, but must be closed.
    Quit,
    /// It is closed, or its replies may be out of step with our commands: send nothing more.
    Drop,
}

impl From<Trouble> for SendError {
    fn from(trouble: Trouble) -> Self {
        match (&trouble.cause, trouble.phase) {
            (Cause::Untrusted(_) | Cause::NotOffered(_), _) => Self::Sick(trouble),
            (Cause::Reply(reply), phase) => match (reply.code, phase) {
                // "Sign in first" and similar replies (RFC 4954, 6) never concern the recipient.
                (530 | 534 | 535 | 538, _) => Self::Sick(trouble),
                // A bad sequence of commands means that the state of the session is unclear.
                (503, Phase::RcptTo | Phase::EndOfData) => Self::Later(trouble),
                (500..600, Phase::RcptTo | Phase::EndOfData) => Self::Refused { phase, reply: reply.clone() },
                // A 5xx to DATA itself is not final for a recipient, and pausing all mail would be too much:
                // retry.
                (500..600, Phase::Data | Phase::Reset) => Self::Later(trouble),
                (500..600, _) => Self::Sick(trouble),
                _ => Self::Later(trouble),
            },
            _ => Self::Later(trouble),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_bounded_line() {
        let reply = Reply::new(550, &format!("no\r\nsuch\tuser {}", "x".repeat(2 * foreign::KEPT)));
        assert!(reply.text().starts_with("no such user x"));
        assert_eq!(reply.text().chars().count(), foreign::KEPT);
    }

    #[test]
    fn the_text_of_an_error_can_be_logged() {
        let reply = Reply::new(550, "5.1.1 <ana@exemplo.com.br> unknown");
        for phase in [Phase::RcptTo, Phase::MailFrom, Phase::Data] {
            let error = SendError::from(Trouble::new(phase, Cause::Reply(reply.clone())));
            assert_eq!(error.to_string(), format!("550 at {phase}"));
            assert_eq!(error.told(), "550 5.1.1 <ana@exemplo.com.br> unknown");
        }
    }

    /// D-04: only what concerns the recipient is final for it; our own sign-in is never its fault.
    #[test]
    fn asking_to_sign_in_is_not_about_the_recipient() {
        for code in [530, 534, 535, 538] {
            let trouble = Trouble::new(Phase::RcptTo, Cause::Reply(Reply::new(code, "5.7.0 sign in first")));
            assert!(matches!(SendError::from(trouble), SendError::Sick(_)), "{code}");
        }
        let sequence = Trouble::new(Phase::RcptTo, Cause::Reply(Reply::new(503, "need MAIL first")));
        assert!(matches!(SendError::from(sequence), SendError::Later(_)));
    }
}
