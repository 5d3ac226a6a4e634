//! The mail "the status of your ticket changed" (D-05): what it says, in the recipient's language.
//!
//! The subject names the ticket and not the status, and stays as it was in the first mail: mail programs
//! take a new subject for a new conversation.

use askama::Template;
use chrono::NaiveDateTime;
use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;
use guichet_base::money::Money;
use guichet_schema::desk::ticket::model::TicketStatus;
use textwrap::{WordSeparator, WordSplitter};

use crate::letter::{Rendered, one_line};

/// Columns of the text part (RFC 5322, 2.1.1: at most 78).
const COLUMNS: usize = 72;
/// Before each line of what somebody else wrote, in plain text.
pub(crate) const QUOTE: &str = "> ";

/// What the mail tells. Plain values: nothing in it is trusted to be free of markup or line breaks.
#[derive(Debug, Clone)]
pub struct TicketMail<'a> {
    /// The recipient's language.
    pub locale: Locale,
    /// The firm's name.
    pub firm: &'a str,
    /// The client's name.
    pub client: &'a str,
    /// The ticket's number, as people say it.
    pub number: i64,
    /// The subject of the conversation: the ticket's when it began.
    pub thread: &'a str,
    /// The ticket's subject now.
    pub subject: &'a str,
    /// The status before the change.
    pub old: TicketStatus,
    /// The status after it.
    pub new: TicketStatus,
    /// Why; always there for rejections and cancellations (D-05).
    pub reason: Option<&'a str>,
    /// The ticket's price, unless it has none.
    pub price: Option<&'a Money>,
    /// Who changed the status, by name.
    pub acted_by: Option<&'a str>,
    /// When, on the firm's clock.
    pub at: NaiveDateTime,
    /// The recipient's name, where it is known.
    pub recipient: Option<&'a str>,
    /// Whether somebody reads the answers: the firm has a Reply-To.
    pub takes_replies: bool,
}

impl TicketMail<'_> {
    /// The mail's subject and its two equal parts.
    pub fn render(&self) -> Rendered {
        let view = View::new(self);
        let html = Html { mail: &view }.render().expect("a string takes all that is written to it");
        let text = Text { mail: &view }.render().expect("a string takes all that is written to it");
        Rendered { subject: view.title, text: wrap(&text), html }
    }
}

#[derive(Template)]
#[template(path = "ticket_status.html")]
struct Html<'a> {
    mail: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "ticket_status.txt")]
struct Text<'a> {
    mail: &'a View<'a>,
}

/// The mail as the templates see it.
struct View<'a> {
    locale: Locale,
    args: Args<'a>,
    title: String,
    firm: String,
    subject: String,
    status: String,
    reason: Vec<String>,
    rows: Vec<(String, String)>,
    takes_replies: bool,
}

impl<'a> View<'a> {
    fn new(mail: &TicketMail<'a>) -> Self {
        let locale = mail.locale;
        let firm = one_line(mail.firm);
        let client = one_line(mail.client);
        let subject = one_line(mail.subject);
        let status = i18n::named(locale, "ticket-status", mail.new, &Args::new());

        let mut args = Args::new();
        // As text: the thousands of a ticket's number are not grouped.
        args.set("number", mail.number.to_string());
        args.set("subject", one_line(mail.thread));
        args.set("firm", firm.clone());
        args.set("client", client.clone());
        args.set("old", i18n::named(locale, "ticket-status", mail.old, &Args::new()));
        args.set("new", status.clone());
        args.set("recipient", named(mail.recipient).unwrap_or_else(|| i18n::NONE.to_owned()));

        let rows = [
            ("ticket-mail-client", Some(client)),
            ("ticket-mail-price", mail.price.map(|price| price.display(locale))),
            ("ticket-mail-acted-by", named(mail.acted_by)),
            ("ticket-mail-at", Some(i18n::date_time(locale, mail.at))),
        ];
        let rows = rows.into_iter().filter_map(|(key, value)| Some((i18n::text(locale, key, &args), value?)));

        Self {
            locale,
            title: i18n::text(locale, "ticket-mail-subject", &args),
            rows: rows.collect(),
            args,
            firm,
            subject,
            status,
            reason: lines(mail.reason),
            takes_replies: mail.takes_replies,
        }
    }

    fn text(&self, key: &str) -> String {
        i18n::text(self.locale, key, &self.args)
    }

    fn labelled(&self, label: impl AsRef<str>, value: impl AsRef<str>) -> String {
        labelled(self.locale, label, value)
    }
}

/// A label and its value, in plain text.
pub(crate) fn labelled(locale: Locale, label: impl AsRef<str>, value: impl AsRef<str>) -> String {
    let mut args = Args::new();
    args.set("label", label.as_ref());
    args.set("value", value.as_ref());
    i18n::text(locale, "labelled", &args)
}

/// The lines of what somebody wrote.
pub(crate) fn lines(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().trim().lines().map(one_line).collect()
}

/// A name, where there is one.
pub(crate) fn named(name: Option<&str>) -> Option<String> {
    name.map(one_line).filter(|name| !name.is_empty())
}

/// Lines for people; words, and so addresses, stay whole. What is quoted stays so on every line.
pub(crate) fn wrap(text: &str) -> String {
    let line = |line| {
        if line == QUOTE {
            return QUOTE.trim_end().to_owned();
        }
        let (indent, line) = match str::strip_prefix(line, QUOTE) {
            Some(quoted) => (QUOTE, quoted),
            None => ("", line),
        };
        let options = textwrap::Options::new(COLUMNS)
            .initial_indent(indent)
            .subsequent_indent(indent)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::fill(line, options)
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
