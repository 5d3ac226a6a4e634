//! The rows and enums of notifications.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::id::{AccessId, ActId, FirmId, MessageId, NotificationId, StaffId};
use guichet_base::text_enum;
use guichet_engine::actor::Author;
use guichet_engine::subject::Subject;
use guichet_engine::tables::notifications;

text_enum! {
    /// The kind of a notification.
    pub enum NotificationKind {
        /// A ticket was assigned or transferred to the person.
        TicketAssigned = "TICKET_ASSIGNED",
        /// A ticket was opened in, or transferred to, a department of the person.
        DepartmentTicket = "DEPARTMENT_TICKET",
        /// The client sent a message.
        ClientMessage = "CLIENT_MESSAGE",
        /// The client sent a file, separate from a message.
        ClientFile = "CLIENT_FILE",
        /// The client reopened a ticket.
        TicketReopened = "TICKET_REOPENED",
        /// The client handed in a document.
        DocumentHandedIn = "DOCUMENT_HANDED_IN",
        /// The client handed in a file after the work was done.
        LateFile = "LATE_FILE",
        /// The client approved a document.
        DocumentApproved = "DOCUMENT_APPROVED",
        /// The client contests a document.
        DocumentContested = "DOCUMENT_CONTESTED",
        /// A task was assigned to the person.
        TaskAssigned = "TASK_ASSIGNED",
        /// Several tasks were assigned to the person at once. The subject is the first of them.
        TasksAssigned = "TASKS_ASSIGNED",
        /// Tasks were generated: those of the person, or of the run that the person asked for. Never sent by mail.
        TasksGenerated = "TASKS_GENERATED",
        /// The due dates of tasks followed changed rules, as the person had asked. Never sent by mail.
        DueDatesMoved = "DUE_DATES_MOVED",
        /// Due dates of tasks of the person that could still have changed are final. Never sent by mail.
        DueDatesFinal = "DUE_DATES_FINAL",
        /// Due dates of tasks are not what rules and calendars say since a year was confirmed or the program was upgraded:
        /// `dueDateMoves` shows them. For owners; never sent by mail.
        DueDatesToMove = "DUE_DATES_TO_MOVE",
        /// A newer version of the program changes adopted obligations: `catalogueUpdates` shows what. For owners; never sent
        /// by mail.
        CatalogueChanged = "CATALOGUE_CHANGED",
    }
}

impl NotificationKind {
    /// Whether it tells of a ticket.
    pub const fn is_of_ticket(self) -> bool {
        matches!(
            self,
            Self::TicketAssigned
                | Self::DepartmentTicket
                | Self::ClientMessage
                | Self::ClientFile
                | Self::TicketReopened
        )
    }

    /// Whether it is also sent by mail, to one who wants that.
    pub const fn is_mailed(self) -> bool {
        !matches!(
            self,
            Self::TasksGenerated
                | Self::DueDatesMoved
                | Self::DueDatesFinal
                | Self::DueDatesToMove
                | Self::CatalogueChanged
        )
    }
}

/// A notification of one staff member about one action.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = notifications)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// The firm.
    pub firm_id: FirmId,
    /// The recipient.
    pub staff_id: StaffId,
    /// The action: nobody is notified of it twice.
    pub act_id: ActId,
    /// The kind.
    pub kind: NotificationKind,
    /// The thing that it is about.
    #[diesel(
        select_expression = (notifications::subject_noun, notifications::subject_id),
        select_expression_type = (notifications::subject_noun, notifications::subject_id)
    )]
    pub subject: Subject,
    /// The message, if the notification is about one.
    pub message_id: Option<MessageId>,
    /// How many things an act was about that people are told of once.
    pub count: Option<i32>,
    author_staff: Option<StaffId>,
    author_access: Option<AccessId>,
    /// When the action happened.
    pub at: DateTime<Utc>,
    /// When the person marked it as read.
    pub read_at: Option<DateTime<Utc>>,
}

impl Notification {
    /// Who performed the action; nobody when the system did by itself.
    pub fn author(&self) -> Option<Author> {
        Author::from_columns(self.author_staff, self.author_access)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use guichet_base::i18n::{self, Args};
    use guichet_base::locale::Locale;

    use super::*;

    /// F-02: each kind has its own sentence in every language.
    #[test]
    fn every_kind_has_a_sentence() {
        let args = Args::from_iter([
            ("number", "7"),
            ("client", "Ana"),
            ("title", "#7"),
            ("document", "DAS #7"),
            ("count", "#7"),
        ]);
        for locale in Locale::ALL {
            let mut texts = BTreeSet::new();
            for kind in NotificationKind::ALL {
                let text = i18n::named(*locale, "notification", kind, &args);
                assert!(text.ends_with('.') && text.contains('7') && texts.insert(text), "{locale} {kind}");
            }
        }
    }
}
