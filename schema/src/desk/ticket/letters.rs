//! What the mails about tickets say. Their subject names the ticket and not the news, and stays as it was in the first
//! mail: mail programs take a new subject for a new conversation (D-05).

use guichet_base::money::Money;

use crate::shared::email_delivery::kind::Mailing;
use crate::shared::email_delivery::letter::{Badge, Letter, Quote, Sentences};
use crate::shared::notification::model::NotificationKind;

use super::model::TicketStatus;

/// A ticket, as mails name it.
#[derive(Debug, Clone)]
pub struct NamedTicket {
    /// The number that people say.
    pub number: i64,
    /// What it is about now.
    pub subject: String,
    /// The client's name.
    pub client: String,
}

impl NamedTicket {
    fn sentences(&self, mailing: &Mailing) -> Sentences {
        let topic = mailing.delivery.thread_subject.as_ref().unwrap_or(&self.subject);
        // As text: the thousands of a ticket's number are not grouped.
        mailing.sentences([
            ("number", &self.number.to_string()),
            ("subject", topic),
            ("client", &self.client),
        ])
    }
}

/// That the status of a ticket changed (D-05).
#[derive(Debug, Clone)]
pub struct StatusChanged {
    /// The ticket.
    pub ticket: NamedTicket,
    /// From which status.
    pub from: TicketStatus,
    /// To which.
    pub to: TicketStatus,
    /// Why; always there for rejections and cancellations.
    pub reason: Option<String>,
    /// The price at the act.
    pub price: Money,
    /// The staff member who changed it; none when the client's side did.
    pub acted_by: Option<String>,
}

impl StatusChanged {
    /// The letter.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let say = self.ticket.sentences(mailing);
        let (from, to) = (say.named("ticket-status", self.from), say.named("ticket-status", self.to));
        let say = say.with([("old", &from), ("new", &to)]);
        let price = (self.price.amount_minor > 0).then(|| self.price.display(mailing.delivery.locale));
        let reply = mailing.takes_replies().then(|| say.say("ticket-mail-reply"));
        Letter {
            title: say.say("ticket-mail-subject"),
            preview: say.say("ticket-mail-preview"),
            lead: say.say("ticket-mail-lead"),
            heading: self.ticket.subject.clone(),
            badge: Some(Badge {
                label: say.say("ticket-mail-status"),
                value: to,
                note: say.say("ticket-mail-before"),
            }),
            quote: self.reason.clone().map(|text| Quote {
                label: say.say("ticket-mail-reason"),
                text,
                is_marked: false,
            }),
            rows: say.rows([
                ("ticket-mail-client", Some(self.ticket.client.clone())),
                ("ticket-mail-price", price),
                ("ticket-mail-acted-by", self.acted_by.clone()),
                ("ticket-mail-at", Some(mailing.at())),
            ]),
            link: None,
            foot: reply.into_iter().chain([say.say("ticket-mail-footer")]).collect(),
        }
    }
}

/// What a staff member is told of a ticket (D-11).
#[derive(Debug, Clone)]
pub struct StaffNews {
    /// The ticket.
    pub ticket: NamedTicket,
    /// Of what.
    pub kind: NotificationKind,
    /// Whether the ticket was opened just then: what was written along is its description.
    pub is_opening: bool,
    /// What was written along: the message, what the ticket says at its opening, the note of a transfer, the reason of
    /// a reopening.
    pub text: Option<String>,
    /// Who did it, by name.
    pub acted_by: String,
}

impl StaffNews {
    /// The letter.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let say = self.ticket.sentences(mailing);
        let lead = say.named("notification", self.kind);
        let label = match self.kind {
            _ if self.is_opening => "notification-mail-description",
            NotificationKind::ClientMessage => "notification-mail-message",
            NotificationKind::TicketReopened => "ticket-mail-reason",
            _ => "notification-mail-note",
        };
        let acted_by = match self.kind {
            NotificationKind::ClientMessage => "notification-mail-from",
            _ => "notification-mail-acted-by",
        };
        Letter {
            title: say.say("ticket-mail-subject"),
            preview: lead.clone(),
            lead,
            heading: self.ticket.subject.clone(),
            badge: None,
            quote: self.text.clone().map(|text| Quote { label: say.say(label), text, is_marked: true }),
            rows: say.rows([
                ("ticket-mail-client", Some(self.ticket.client.clone())),
                (acted_by, Some(self.acted_by.clone())),
                ("ticket-mail-at", Some(mailing.at())),
            ]),
            link: None,
            foot: ["notification-mail-reply", "notification-mail-footer"].map(|key| say.say(key)).into(),
        }
    }
}
