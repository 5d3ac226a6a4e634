//! A mail, ready to be sent.

use lettre::{Address, Message, address::AddressError};

/// One mail to one recipient, as bytes.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    /// The reverse path; none for a mail that must not bounce.
    pub from: Option<Address>,
    /// The only recipient.
    pub to: Address,
    /// The `Message-ID`, the same on every attempt.
    pub message_id: String,
    /// Headers and body with CRLF line endings.
    pub raw: Vec<u8>,
}

/// Why a mail can never be sent. Final.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// An address is not valid.
    #[error("the address is not valid: {0}")]
    Address(#[from] AddressError),
    /// A mail must have exactly one recipient, because the outcome is recorded per recipient.
    #[error("the mail has {0} recipients instead of one")]
    Recipients(usize),
    /// Without a `Message-ID` another attempt would look like another mail.
    #[error("the mail has no Message-ID")]
    NoMessageId,
    /// The address needs SMTPUTF8 (RFC 6531) and the server does not offer it.
    #[error("the address is not ASCII and the server offers no SMTPUTF8")]
    NeedsSmtpUtf8,
    /// The content needs 8BITMIME (RFC 6152) and the server does not offer it.
    #[error("the content is not ASCII and the server offers no 8BITMIME")]
    NeedsEightBitMime,
}

impl TryFrom<&Message> for Outgoing {
    type Error = Unsendable;

    fn try_from(message: &Message) -> Result<Self, Unsendable> {
        let envelope = message.envelope();
        let [to] = envelope.to() else {
            return Err(Unsendable::Recipients(envelope.to().len()));
        };
        let message_id = message.headers().get_raw("Message-ID").ok_or(Unsendable::NoMessageId)?;
        Ok(Self {
            from: envelope.from().cloned(),
            to: to.clone(),
            message_id: message_id.trim().to_owned(),
            raw: message.formatted(),
        })
    }
}
