//! What the mails about documents say.

use chrono::NaiveDate;
use guichet_base::i18n;

use crate::shared::email_delivery::kind::Mailing;
use crate::shared::email_delivery::letter::{Letter, Quote};
use crate::shared::notification::model::NotificationKind;

/// A document, as mails name it.
#[derive(Debug, Clone)]
pub struct NamedDocument {
    /// Its name.
    pub name: String,
    /// The period that it is about.
    pub period: Option<String>,
    /// The day that the client sees.
    pub due_on: Option<NaiveDate>,
}

/// That documents were delivered.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// The client's name.
    pub client: String,
    /// Those that the recipient may see, by due date.
    pub documents: Vec<NamedDocument>,
}

impl Delivered {
    /// The letter: what is due and when.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let say = mailing.sentences([("client", self.client.as_str())]);
        let locale = mailing.delivery.locale;
        let row = |document: &NamedDocument| {
            let due = match document.due_on {
                Some(date) => {
                    let date = i18n::weekday_date(locale, date);
                    mailing.sentences([("date", date.as_str())]).say("documents-mail-due")
                }
                None => say.say("documents-mail-no-due"),
            };
            (named(&document.name, document.period.as_deref()), due)
        };
        Letter {
            title: say.say("documents-mail-subject"),
            preview: say.say("documents-mail-lead"),
            lead: say.say("documents-mail-lead"),
            heading: self.client.clone(),
            rows: self.documents.iter().map(row).collect(),
            foot: vec![say.say("documents-mail-footer")],
            ..Letter::default()
        }
    }
}

/// A file that was handed in.
#[derive(Debug, Clone)]
pub struct Line {
    /// The document.
    pub name: String,
    /// The period that it is about.
    pub period: Option<String>,
    /// The name of the file.
    pub file: String,
}

/// A receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The client's name.
    pub client: String,
    /// What was handed in.
    pub lines: Vec<Line>,
    /// The name of the person who handed it in; none once the account is gone.
    pub by: Option<String>,
}

impl Receipt {
    /// The letter: what was handed in, when, by whom.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let say = mailing.sentences([("client", self.client.as_str())]);
        let mut rows: Vec<(String, String)> = self
            .lines
            .iter()
            .map(|line| (named(&line.name, line.period.as_deref()), line.file.clone()))
            .collect();
        rows.push((say.say("receipt-mail-at"), mailing.at()));
        rows.extend(self.by.iter().map(|by| (say.say("receipt-mail-by"), by.clone())));
        Letter {
            title: say.say("receipt-mail-subject"),
            preview: say.say("receipt-mail-lead"),
            lead: say.say("receipt-mail-lead"),
            heading: self.client.clone(),
            rows,
            foot: vec![say.say("receipt-mail-after"), say.say("documents-mail-footer")],
            ..Letter::default()
        }
    }
}

/// What a staff member is told of documents of a client (D-11).
#[derive(Debug, Clone)]
pub struct DocumentNews {
    /// Of what.
    pub kind: NotificationKind,
    /// The client's name.
    pub client: String,
    /// The document that it is about, or the first of several.
    pub name: String,
    /// The period that it is about.
    pub period: Option<String>,
    /// The day that the client sees.
    pub due_on: Option<NaiveDate>,
    /// The files that were handed in.
    pub lines: Vec<Line>,
    /// What was written along.
    pub text: Option<String>,
    /// Who did it, by name.
    pub acted_by: String,
}

impl DocumentNews {
    /// The letter.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let name = named(&self.name, self.period.as_deref());
        let count = self.lines.len().to_string();
        let said = mailing.sentences([("client", &self.client), ("document", &name), ("count", &count)]);
        let lead = if self.lines.len() > 1 && self.kind == NotificationKind::DocumentHandedIn {
            said.say("document-mail-several")
        } else {
            said.named("notification", self.kind)
        };
        // Mail programs take a new subject for a new conversation.
        let topic = mailing.delivery.thread_subject.as_deref().unwrap_or(&name);
        let say = mailing.sentences([("document", topic)]);
        let due = self.due_on.map(|date| i18n::weekday_date(mailing.delivery.locale, date));
        let line = |line: &Line| (named(&line.name, line.period.as_deref()), line.file.clone());
        let mut rows = say.rows([("ticket-mail-client", Some(self.client.clone()))]);
        rows.extend(self.lines.iter().map(line));
        rows.extend(say.rows([
            ("task-mail-due", due),
            ("notification-mail-acted-by", Some(self.acted_by.clone())),
            ("ticket-mail-at", Some(mailing.at())),
        ]));
        Letter {
            title: say.say("document-mail-subject"),
            preview: lead.clone(),
            lead,
            heading: name,
            badge: None,
            quote: self.text.clone().map(|text| Quote {
                label: say.say("notification-mail-note"),
                text,
                is_marked: true,
            }),
            rows,
            link: None,
            foot: ["document-mail-reply", "notification-mail-footer"].map(|key| say.say(key)).into(),
        }
    }
}

/// A document with its period.
pub(super) fn named(name: &str, period: Option<&str>) -> String {
    match period {
        Some(period) => format!("{name} {period}"),
        None => name.to_owned(),
    }
}
