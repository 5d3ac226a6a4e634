//! Naming a thing of any kind: what mails, notifications, files, histories and conversations are about.

use std::fmt;

use diesel::deserialize::{Queryable, QueryableByName};
use diesel::pg::Pg;
use diesel::row::NamedRow;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use guichet_base::id::{self, Id};

/// A thing of any kind: its noun, as in its id, and its id. Tables store it in two columns, `subject_noun` and
/// `subject_id`; a row reads it with
/// `#[diesel(select_expression = (t::subject_noun, t::subject_id), select_expression_type = (t::subject_noun,
/// t::subject_id))]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The noun, as in its id.
    pub noun: &'static str,
    /// The raw id.
    pub id: Uuid,
}

impl Subject {
    /// The thing with this id.
    pub fn of<I: Id>(id: I) -> Self {
        Self { noun: I::NOUN, id: id.uuid() }
    }

    /// The typed id, if the thing is of that kind.
    pub fn id<I: Id>(self) -> Option<I> {
        (self.noun == I::NOUN).then(|| I::from_uuid(self.id))
    }

    /// The id as shown in the API.
    pub fn encode(self) -> String {
        id::encode(self.noun, self.id)
    }

    /// Parses an API id of any noun.
    pub fn decode(text: &str) -> Option<Self> {
        let (noun, id) = id::decode(text)?;
        Some(Self { noun, id })
    }

    /// The thing that two columns name.
    pub fn from_columns(noun: &str, id: Uuid) -> Option<Self> {
        Some(Self { noun: id::known(noun)?, id })
    }
}

impl<I: Id> From<I> for Subject {
    fn from(id: I) -> Self {
        Self::of(id)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode())
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode())
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).ok_or_else(|| de::Error::custom(format!("{text} names no thing")))
    }
}

impl Queryable<(Text, SqlUuid), Pg> for Subject {
    type Row = (String, Uuid);

    fn build((noun, id): Self::Row) -> diesel::deserialize::Result<Self> {
        Self::from_columns(&noun, id).ok_or_else(|| format!("there is no noun {noun}").into())
    }
}

impl QueryableByName<Pg> for Subject {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> diesel::deserialize::Result<Self> {
        let noun = NamedRow::get::<Text, String>(row, "subject_noun")?;
        <Self as Queryable<(Text, SqlUuid), Pg>>::build((
            noun,
            NamedRow::get::<SqlUuid, Uuid>(row, "subject_id")?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_base::id::{ClientId, TicketId};

    #[test]
    fn a_thing_is_known_by_its_noun() {
        let ticket = TicketId::new();
        let subject = Subject::of(ticket);
        assert_eq!(subject.id::<TicketId>(), Some(ticket));
        assert_eq!(subject.id::<ClientId>(), None);
        assert_eq!(subject.encode(), ticket.encode());
        assert_eq!(Subject::decode(&ticket.encode()), Some(subject));
        assert_eq!(Subject::from_columns("ticket", ticket.uuid()), Some(subject));
        assert_eq!(Subject::from_columns("stranger", ticket.uuid()), None);
        assert_eq!(Subject::decode("stranger_00000000000000000000000000000001"), None);
        let json = serde_json::to_string(&subject).unwrap();
        assert_eq!(serde_json::from_str::<Subject>(&json).unwrap(), subject);
    }
}
