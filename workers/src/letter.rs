//! A letter: what a mail says, put under the headers with which it goes out.

use chrono::{DateTime, Utc};
use guichet_base::email::Email;
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

/// Most characters of a subject or a name in a header: more than people write, and less than the
/// 998 octets of a line (RFC 5322, 2.1.1) when nothing in it can be folded.
const MAX_LINE: usize = 250;
/// Longest boundary (RFC 2046, 5.1.1), without the mark in front.
const MAX_BOUNDARY: usize = 60;

/// What a mail says: the same as plain text and as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// The text part, with `\n` line ends.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// One mail to one recipient. Built twice from the same values it has the same bytes, so a second
/// try is the same mail.
#[derive(Debug, Clone)]
pub struct Letter<'a> {
    /// The firm's name.
    pub from_name: &'a str,
    /// The firm's sender address.
    pub from: &'a Email,
    /// Where answers go when not to the sender (F-06).
    pub reply_to: Option<&'a Email>,
    /// The recipient's name, where it is known.
    pub to_name: Option<&'a str>,
    /// The recipient.
    pub to: &'a Email,
    /// When the mail was caused, which does not change from try to try.
    pub at: DateTime<Utc>,
    /// `Message-ID` with angle brackets, see [`guichet_base::message_id::of_delivery`].
    pub message_id: &'a str,
    /// Root of the conversation, see [`guichet_base::message_id::of_conversation`].
    pub conversation: &'a str,
}

/// Why a letter cannot be written. Final: another try ends the same way.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// An address that mail programs do not take.
    #[error("the address is not valid: {0}")]
    Address(#[from] AddressError),
    /// The headers do not make a mail.
    #[error("the mail is not complete: {0}")]
    Incomplete(#[from] lettre::error::Error),
}

impl Letter<'_> {
    /// The mail, unsigned.
    ///
    /// # Errors
    /// When an address is not valid for the mail builder. Final.
    pub fn build(&self, rendered: Rendered) -> Result<Message, LetterError> {
        let mut builder = Message::builder()
            .from(mailbox(Some(self.from_name), self.from)?)
            .to(mailbox(self.to_name, self.to)?)
            .subject(header_text(&rendered.subject))
            .date(self.at.into())
            .message_id(Some(self.message_id.to_owned()))
            .in_reply_to(self.conversation.to_owned())
            .references(self.conversation.to_owned())
            // RFC 3834, 5: no vacation notice answers it. The second one is Exchange's.
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

    /// Taken from the id of the delivery, which nobody could guess who wrote into the mail.
    fn boundary(&self) -> String {
        let id = self.message_id.chars().filter(char::is_ascii_alphanumeric).take(MAX_BOUNDARY);
        format!("=_{}", id.collect::<String>())
    }
}

/// `text` as one line: line breaks and other controls become blanks, blanks are joined, and what
/// turns the direction of the text around it is dropped.
pub fn one_line(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `text` fit for a header. What looks like an encoded word (RFC 2047) is torn by an invisible
/// joiner, for it would be shown decoded.
fn header_text(text: &str) -> String {
    let line = one_line(text).replace("=?", "=\u{2060}?");
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

fn mailbox(name: Option<&str>, email: &Email) -> Result<Mailbox, AddressError> {
    let name = name.map(header_text).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, email.address().parse::<Address>()?))
}

fn fixed(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests;
