//! Typed ids. A `TicketId` cannot be used as a `ClientId`; the API shows it as `ticket_…`.

use std::sync::Mutex;

use uuid::{ContextV7, Timestamp, Uuid};

use crate::clock;

/// A typed id: a UUIDv7 and the noun that it belongs to.
pub trait Id: Copy + Send + Sync + 'static {
    /// The prefix of the id in the API, without the underscore.
    const NOUN: &'static str;
    /// Wraps a raw UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The raw UUID.
    fn uuid(self) -> Uuid;
    /// The opaque id of the API: `noun_` followed by 32 hexadecimal digits.
    fn encode(self) -> String {
        encode(Self::NOUN, self.uuid())
    }
    /// Parses an id of the API; `None` for anything that [`Id::encode`] did not write.
    fn decode(text: &str) -> Option<Self> {
        digits(text.strip_prefix(Self::NOUN)?.strip_prefix('_')?).map(Self::from_uuid)
    }
}

/// The opaque API id of a thing of this noun, see [`Id::encode`].
pub fn encode(noun: &str, id: Uuid) -> String {
    format!("{noun}_{}", id.simple())
}

/// Parses an API id of any noun: the noun and the raw UUID.
pub fn decode(text: &str) -> Option<(&'static str, Uuid)> {
    let (noun, id) = text.split_once('_')?;
    Some((known(noun)?, digits(id)?))
}

/// Looks up the noun with this spelling.
pub fn known(noun: &str) -> Option<&'static str> {
    NOUNS.iter().copied().find(|known| *known == noun)
}

/// A new UUIDv7: ordered by the database's time, so that the ids of processes on different machines are in order.
pub fn new_uuid() -> Uuid {
    static COUNTER: Mutex<ContextV7> = Mutex::new(ContextV7::new());
    let time = clock::time_of_ids();
    Uuid::new_v7(Timestamp::from_unix(&COUNTER, time.as_secs(), time.subsec_nanos()))
}

fn digits(text: &str) -> Option<Uuid> {
    let canonical = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    canonical.then(|| Uuid::try_parse(text).ok()).flatten()
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $noun:literal),+ $(,)?) => {
        /// Every noun that is used as a prefix of ids.
        pub const NOUNS: &[&str] = &[$($noun),+];
    $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize,
            diesel::deserialize::FromSqlRow, diesel::expression::AsExpression)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl Id for $name {
            const NOUN: &'static str = $noun;
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }

        impl $name {
            /// A new id, ordered by creation time.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self { Self(new_uuid()) }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.encode())
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::to_sql(
                    &self.0, &mut out.reborrow())
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <Uuid as diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::from_sql(value)
                    .map(Self)
            }
        }
    )+};
}

ids! {
    /// A tenant.
    FirmId = "firm",
    /// A login.
    AccountId = "account",
    /// A session of an account.
    SessionId = "session",
    /// An invitation to set a password.
    InvitationId = "invitation",
    /// An account's place in a firm.
    StaffId = "staff",
    /// A team of a firm.
    DepartmentId = "department",
    /// A company served by the firm.
    ClientId = "client",
    /// An account's access to a client's area.
    AccessId = "access",
    /// An item of the price list.
    ServiceItemId = "service",
    /// A ticket.
    TicketId = "ticket",
    /// A message or an internal note about a thing.
    MessageId = "message",
    /// One changed field in the history of a thing.
    ChangeId = "change",
    /// One action; groups the changes it made and is the cause of its mails.
    ActId = "act",
    /// A transfer of a ticket.
    TransferId = "transfer",
    /// What a client owes.
    ChargeId = "charge",
    /// One mail to one recipient.
    DeliveryId = "delivery",
    /// A file.
    FileId = "file",
    /// A file on something.
    AttachmentId = "attachment",
    /// One opening of a file.
    FileAccessId = "fileaccess",
    /// What one staff member is notified of by one action.
    NotificationId = "notification",
    /// A job of the queue.
    JobId = "job",
    /// A registration number of a client.
    RegistrationId = "registration",
    /// A legal obligation, or one of the firm's own, from whose rules due dates follow.
    ObligationId = "obligation",
    /// One version of the rule of an obligation.
    RuleVersionId = "ruleversion",
    /// An extension of a due date by an authority.
    ExtensionId = "extension",
    /// A day off that a firm added.
    FirmHolidayId = "holiday",
    /// A kind of work.
    TaskTypeId = "tasktype",
    /// A document that a kind of work expects or delivers.
    DocumentDefinitionId = "definition",
    /// A kind of work that a client has from a period on.
    RecurringTaskId = "recurring",
    /// A pause of a recurring task.
    PauseId = "pause",
    /// What differs in a recurring task for some periods.
    OverrideId = "override",
    /// A run of the generation of tasks.
    GenerationId = "generation",
    /// A task.
    TaskId = "task",
    /// A document expected from a client or delivered to it.
    DocumentId = "document",
    /// A file as a version of a document.
    DocumentVersionId = "documentversion",
    /// A folder of a client's library.
    FolderId = "folder",
    /// A filter of a list that was given a name.
    SavedViewId = "savedview",
    /// A calendar feed of a person.
    CalendarFeedId = "feed",
    /// An export of a list as a file.
    ExportId = "export",
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// An encoded id decodes to itself, and never as another noun.
        #[test]
        fn round_trip(raw: u128) {
            let id = TicketId::from_uuid(Uuid::from_u128(raw));
            prop_assert_eq!(TicketId::decode(&id.encode()), Some(id));
            prop_assert_eq!(ClientId::decode(&id.encode()), None);
        }

        #[test]
        fn foreign_text_is_no_id(text in ".{0,60}") {
            if let Some(id) = TicketId::decode(&text) {
                prop_assert_eq!(id.encode(), text);
            }
        }
    }
}
