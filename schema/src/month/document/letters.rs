//! What the mails about documents say.

use guichet_base::i18n;

use super::model::Document;
use crate::shared::email_delivery::kind::Mailing;
use crate::shared::email_delivery::letter::Letter;

/// That documents were delivered.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// The client's name.
    pub client: String,
    /// Those that the recipient may see, by due date.
    pub documents: Vec<Document>,
}

impl Delivered {
    /// The letter: what is due and when.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let say = mailing.sentences([("client", self.client.as_str())]);
        let locale = mailing.delivery.locale;
        let row = |document: &Document| {
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

/// A document with its period.
fn named(name: &str, period: Option<&str>) -> String {
    match period {
        Some(period) => format!("{name} {period}"),
        None => name.to_owned(),
    }
}
