//! What the mails about tasks say.

use chrono::NaiveDate;
use guichet_base::i18n;

use crate::shared::email_delivery::kind::Mailing;
use crate::shared::email_delivery::letter::{Letter, Quote};
use crate::shared::notification::model::NotificationKind;

/// So many tasks are named in one mail.
pub const MOST_NAMED: usize = 20;

/// A task, as mails name it.
#[derive(Debug, Clone)]
pub struct NamedTask {
    /// What is to be done.
    pub title: String,
    /// The client's name.
    pub client: String,
    /// The date of the law.
    pub due_on: Option<NaiveDate>,
}

/// That tasks were given to a staff member (D-11).
#[derive(Debug, Clone)]
pub struct TasksAssigned {
    /// The first of them, at most [`MOST_NAMED`] and at least one.
    pub named: Vec<NamedTask>,
    /// How many they are.
    pub count: usize,
    /// What was written along.
    pub note: Option<String>,
    /// Who did it, by name.
    pub acted_by: String,
}

impl TasksAssigned {
    /// The letter.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let locale = mailing.delivery.locale;
        let due = |task: &NamedTask| task.due_on.map(|day| i18n::weekday_date(locale, day));
        let first = self.named.first();
        let name = first.map_or("", |task| task.title.as_str());
        // Mail programs take a new subject for a new conversation.
        let title = mailing.delivery.thread_subject.as_deref().unwrap_or(name);
        let count = self.count.to_string();
        let more = self.count.saturating_sub(self.named.len()).to_string();
        let client = first.map_or("", |task| task.client.as_str());
        let say =
            mailing.sentences([("title", title), ("client", client), ("count", &count), ("more", &more)]);
        let is_one = self.count == 1;
        let kind = if is_one { NotificationKind::TaskAssigned } else { NotificationKind::TasksAssigned };
        let lead = say.with([("title", name)]);
        let said = lead.named("notification", kind);
        let mut rows = Vec::new();
        if is_one {
            rows.extend(lead.rows([
                ("ticket-mail-client", Some(client.to_owned())),
                ("task-mail-due", first.and_then(due)),
            ]));
        } else {
            let named = |task: &NamedTask| {
                let about = [Some(task.client.clone()), due(task)];
                (task.title.clone(), about.into_iter().flatten().collect::<Vec<_>>().join(" · "))
            };
            rows.extend(self.named.iter().map(named));
            if self.count > self.named.len() {
                rows.push(("…".to_owned(), lead.with([("count", &more)]).say("task-mail-more")));
            }
        }
        let lead = mailing.sentences([("title", title), ("count", &count)]);
        rows.extend(lead.rows([
            ("notification-mail-acted-by", Some(self.acted_by.clone())),
            ("ticket-mail-at", Some(mailing.at())),
        ]));
        Letter {
            title: lead.say(if is_one { "task-mail-subject" } else { "task-mail-subject-several" }),
            preview: said.clone(),
            lead: said,
            heading: if is_one { name.to_owned() } else { String::new() },
            badge: None,
            quote: self.note.clone().map(|text| Quote {
                label: lead.say("notification-mail-note"),
                text,
                is_marked: true,
            }),
            rows,
            link: None,
            foot: ["task-mail-reply", "notification-mail-footer"].map(|key| lead.say(key)).into(),
        }
    }
}
