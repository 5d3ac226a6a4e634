//! A caught mail, parsed.

use chrono::{DateTime, Utc};
use mail_parser::{Address, HeaderValue, Message, MessageParser};

/// A caught mail, as its recipient would see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// The id of the mail within its catcher.
    pub id: String,
    /// Its `Date`.
    pub date: Option<DateTime<Utc>>,
    /// The sender's name and address.
    pub from: String,
    /// The address for replies, if it is another one.
    pub reply_to: Option<String>,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// `Message-ID` without its brackets.
    pub message_id: String,
    /// `In-Reply-To` without brackets.
    pub in_reply_to: Option<String>,
    /// `References` without brackets, oldest first.
    pub references: Vec<String>,
    /// The HTML part.
    pub html: Option<String>,
    /// The text part.
    pub text: Option<String>,
    /// All headers, as sent.
    pub headers: String,
}

impl Caught {
    /// Parses a mail; `None` if the bytes are not a mail.
    pub(super) fn parse(id: String, raw: Vec<u8>) -> Option<Self> {
        let mail = MessageParser::default().parse(&raw)?;
        let address = |header: Option<&Address<'_>>| header.map(written).unwrap_or_default();
        Some(Self {
            id,
            date: mail.date().and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0)),
            from: address(mail.from()),
            reply_to: mail.reply_to().map(written),
            to: delivered_to(&mail).unwrap_or_else(|| address(mail.to())),
            subject: mail.subject().unwrap_or_default().to_owned(),
            message_id: mail.message_id().unwrap_or_default().to_owned(),
            in_reply_to: ids(mail.in_reply_to()).pop(),
            references: ids(mail.references()),
            html: only(&mail, true),
            text: only(&mail, false),
            headers: mail.headers_raw().map(|(name, value)| format!("{name}:{value}")).collect(),
        })
    }

    /// What the mails of one thread have in common: the first mail that they refer to, and the recipient.
    pub fn thread(&self) -> (&str, &str) {
        (self.references.first().unwrap_or(&self.message_id), &self.to)
    }
}

fn written(address: &Address<'_>) -> String {
    let one = |name: Option<&str>, address: Option<&str>| match (name, address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    address.iter().map(|entry| one(entry.name(), entry.address())).collect::<Vec<_>>().join(", ")
}

fn delivered_to(mail: &Message<'_>) -> Option<String> {
    let raw = mail.header_raw("Delivered-To")?;
    Some(raw.trim().to_owned())
}

fn ids(header: &HeaderValue<'_>) -> Vec<String> {
    header.as_text_list().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// The first part of this kind. mail-parser would otherwise convert one kind into the other.
fn only(mail: &Message<'_>, html: bool) -> Option<String> {
    let part = mail
        .parts
        .iter()
        .find(|part| if html { part.is_text_html() } else { part.is_text() && !part.is_text_html() })?;
    part.text_contents().map(ToOwned::to_owned)
}
