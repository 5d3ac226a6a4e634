//! The mail that tells a staff member of a ticket (D-11), in that person's language. It belongs to the
//! conversation about the ticket: its subject is that of all mails in it.

use askama::Template;
use chrono::NaiveDateTime;
use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;
use guichet_schema::shared::notification::model::NotificationKind;

use crate::letter::{Rendered, one_line};
use crate::ticket_mail::{QUOTE, labelled, lines, named, wrap};

/// What the mail tells. Plain values: nothing in it is trusted to be free of markup or line breaks.
#[derive(Debug, Clone)]
pub struct NotificationMail<'a> {
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
    /// Of what it tells.
    pub kind: NotificationKind,
    /// Whether the ticket was opened just then: what was written along is its description.
    pub is_opening: bool,
    /// What was written along.
    pub text: Option<&'a str>,
    /// Who did it, by name.
    pub acted_by: &'a str,
    /// When, on the firm's clock.
    pub at: NaiveDateTime,
    /// The recipient's name, where it is known.
    pub recipient: Option<&'a str>,
}

impl NotificationMail<'_> {
    /// The mail's subject and its two equal parts.
    pub fn render(&self) -> Rendered {
        let view = View::new(self);
        let html = Html { mail: &view }.render().expect("a string takes all that is written to it");
        let text = Text { mail: &view }.render().expect("a string takes all that is written to it");
        Rendered { subject: view.title, text: wrap(&text), html }
    }
}

#[derive(Template)]
#[template(path = "notification.html")]
struct Html<'a> {
    mail: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "notification.txt")]
struct Text<'a> {
    mail: &'a View<'a>,
}

/// The mail as the templates see it.
struct View<'a> {
    locale: Locale,
    args: Args<'a>,
    title: String,
    firm: String,
    lead: String,
    subject: String,
    label: String,
    words: Vec<String>,
    rows: Vec<(String, String)>,
}

impl<'a> View<'a> {
    fn new(mail: &NotificationMail<'a>) -> Self {
        let locale = mail.locale;
        let (firm, client) = (one_line(mail.firm), one_line(mail.client));
        let mut args = Args::new();
        // As text: the thousands of a ticket's number are not grouped.
        args.set("number", mail.number.to_string());
        args.set("subject", one_line(mail.thread));
        args.set("firm", firm.clone());
        args.set("client", client.clone());
        args.set("recipient", named(mail.recipient).unwrap_or_else(|| i18n::NONE.to_owned()));
        let label = match mail.kind {
            _ if mail.is_opening => "notification-mail-description",
            NotificationKind::ClientMessage => "notification-mail-message",
            NotificationKind::TicketReopened => "ticket-mail-reason",
            NotificationKind::TicketAssigned
            | NotificationKind::DepartmentTicket
            | NotificationKind::ClientFile => "notification-mail-note",
        };
        let acted_by = match mail.kind {
            NotificationKind::ClientMessage => "notification-mail-from",
            NotificationKind::TicketAssigned
            | NotificationKind::DepartmentTicket
            | NotificationKind::ClientFile
            | NotificationKind::TicketReopened => "notification-mail-acted-by",
        };
        let rows = [
            ("ticket-mail-client", Some(client)),
            (acted_by, named(Some(mail.acted_by))),
            ("ticket-mail-at", Some(i18n::date_time(locale, mail.at))),
        ];
        let rows = rows.into_iter().filter_map(|(key, value)| Some((i18n::text(locale, key, &args), value?)));
        Self {
            locale,
            title: i18n::text(locale, "ticket-mail-subject", &args),
            firm,
            lead: i18n::named(locale, "notification", mail.kind, &args),
            subject: one_line(mail.subject),
            label: i18n::text(locale, label, &args),
            words: lines(mail.text),
            rows: rows.collect(),
            args,
        }
    }

    fn text(&self, key: &str) -> String {
        i18n::text(self.locale, key, &self.args)
    }

    fn labelled(&self, label: impl AsRef<str>, value: impl AsRef<str>) -> String {
        labelled(self.locale, label, value)
    }
}

#[cfg(test)]
mod tests;
