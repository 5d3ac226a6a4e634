//! An envelope: the headers under which a letter goes out.

use chrono::{DateTime, Utc};
use guichet_base::email::Email;
use guichet_schema::shared::email_delivery::letter::one_line;
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use unicode_normalization::UnicodeNormalization;

use crate::letter::Rendered;

/// Longest subject or name in a header, in characters: more than people write, and less than the 998 octets of a
/// line (RFC 5322, 2.1.1) when it cannot be folded.
const MAX_LINE: usize = 250;
/// Longest boundary (RFC 2046, 5.1.1), without the leading dashes.
const MAX_BOUNDARY: usize = 60;

/// One mail to one recipient. The same values always give the same bytes, so another attempt sends the same mail.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// The firm's name.
    pub from_name: &'a str,
    /// The sender address: that of the firm or, for a firm that may not write from its own, the operator's. It is the
    /// envelope's sender, too.
    pub from: &'a Email,
    /// The address for replies, if it is not the sender (F-06).
    pub reply_to: Option<&'a Email>,
    /// The recipient's name, if known.
    pub to_name: Option<&'a str>,
    /// The recipient.
    pub to: &'a Email,
    /// When the event behind the mail happened, which is the same on every attempt.
    pub at: DateTime<Utc>,
    /// `Message-ID` with angle brackets, see [`guichet_base::message_id::of_delivery`].
    pub message_id: &'a str,
    /// The thread's root, see [`guichet_base::message_id::of_conversation`].
    pub conversation: &'a str,
}

/// Why an envelope cannot be built. Final: another attempt fails in the same way.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Mail programs do not accept an address.
    #[error("the address is not valid: {0}")]
    Address(#[from] AddressError),
    /// The headers are not valid.
    #[error("the mail is not complete: {0}")]
    Incomplete(#[from] lettre::error::Error),
}

impl Envelope<'_> {
    /// The mail, unsigned.
    ///
    /// # Errors
    /// When an address is not valid for the mail builder. Final.
    pub fn build(&self, rendered: Rendered) -> Result<Message, EnvelopeError> {
        let mut builder = Message::builder()
            .from(mailbox(Some(self.from_name), self.from)?)
            .to(mailbox(self.to_name, self.to)?)
            .subject(header_text(&rendered.subject))
            .date(self.at.into())
            .message_id(Some(self.message_id.to_owned()))
            .in_reply_to(self.conversation.to_owned())
            .references(self.conversation.to_owned())
            // RFC 3834, 5: prevents vacation notices. The second header does so in Exchange.
            .raw_header(fixed("Auto-Submitted", "auto-generated"))
            .raw_header(fixed("X-Auto-Response-Suppress", "All"));
        if let Some(reply_to) = self.reply_to {
            builder = builder.reply_to(mailbox(Some(self.from_name), reply_to)?);
        }
        let body = MultiPart::alternative()
            .boundary(self.boundary())
            .singlepart(SinglePart::plain(rendered.text))
            .singlepart(SinglePart::html(rendered.html));
        Ok(builder.multipart(body)?)
    }

    /// Derived from the delivery's id, which nobody who wrote text in the mail could guess.
    fn boundary(&self) -> String {
        let id = self.message_id.chars().filter(char::is_ascii_alphanumeric).take(MAX_BOUNDARY);
        format!("=_{}", id.collect::<String>())
    }
}

/// `text` for a header. An invisible joiner breaks up what looks like an encoded word (RFC 2047), which would be
/// shown decoded.
fn header_text(text: &str) -> String {
    let line = one_line(text).replace("=?", "=\u{2060}?");
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// A name beside an address. Many mail programs show the name alone, so one that looks like an address would pass for the
/// sender's: what makes an address of it, in any script, becomes a blank.
fn display_name(name: &str) -> String {
    let plain = |c: char| {
        let composed = c.nfkc().any(|c| matches!(c, '@' | '<' | '>'));
        if composed { ' ' } else { c }
    };
    header_text(&name.chars().map(plain).collect::<String>())
}

fn mailbox(name: Option<&str>, email: &Email) -> Result<Mailbox, AddressError> {
    let name = name.map(display_name).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, email.address().parse::<Address>()?))
}

fn fixed(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests;
