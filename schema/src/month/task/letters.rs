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
        let [name, client] =
            first.map_or(["", ""], |task| [&task.title, &task.client].map(|text| text.as_str()));
        let is_one = self.count == 1;
        let kind = if is_one { NotificationKind::TaskAssigned } else { NotificationKind::TasksAssigned };
        let count = self.count.to_string();
        let said = mailing
            .sentences([("title", name), ("client", client), ("count", &count)])
            .named("notification", kind);
        // Mail programs take a new subject for a new conversation.
        let topic = mailing.delivery.thread_subject.as_deref().unwrap_or(name);
        let say = mailing.sentences([("title", topic), ("count", &count)]);
        let mut rows = Vec::new();
        if is_one {
            let about =
                [("ticket-mail-client", Some(client.to_owned())), ("task-mail-due", first.and_then(due))];
            rows.extend(say.rows(about));
        } else {
            let named = |task: &NamedTask| {
                let about = [Some(task.client.clone()), due(task)];
                (task.title.clone(), about.into_iter().flatten().collect::<Vec<_>>().join(" · "))
            };
            rows.extend(self.named.iter().map(named));
            let more = self.count.saturating_sub(self.named.len());
            if more > 0 {
                let more = mailing.sentences([("count", &more.to_string())]).say("task-mail-more");
                rows.push(("…".to_owned(), more));
            }
        }
        rows.extend(say.rows([
            ("notification-mail-acted-by", Some(self.acted_by.clone())),
            ("ticket-mail-at", Some(mailing.at())),
        ]));
        Letter {
            title: say.say(if is_one { "task-mail-subject" } else { "task-mail-subject-several" }),
            preview: said.clone(),
            lead: said,
            heading: if is_one { name.to_owned() } else { String::new() },
            badge: None,
            quote: self.note.clone().map(|text| Quote {
                label: say.say("notification-mail-note"),
                text,
                is_marked: true,
            }),
            rows,
            link: None,
            foot: ["task-mail-reply", "notification-mail-footer"].map(|key| say.say(key)).into(),
        }
    }
}
