//! The rows of conversations.

use chrono::{DateTime, Utc};
use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::row::NamedRow;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};

use crate::shared::visibility::Visibility;
use guichet_base::id::{AccessId, MessageId, StaffId};
use guichet_engine::actor::Author;
use guichet_engine::subject::Subject;
use guichet_engine::tables::messages;

/// A message of a conversation, or an internal note.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The thing that it is about.
    #[diesel(
        select_expression = (messages::subject_noun, messages::subject_id),
        select_expression_type = (messages::subject_noun, messages::subject_id)
    )]
    pub subject: Subject,
    /// Its number in the conversation, from 1.
    pub seq: i32,
    /// Who can read it.
    pub visibility: Visibility,
    author_staff: Option<StaffId>,
    author_access: Option<AccessId>,
    /// The text.
    pub body: String,
    /// When it was posted.
    pub created_at: DateTime<Utc>,
}

// Not derived: no derive macro reads a subject both by column names and through the query builder.
impl QueryableByName<Pg> for Message {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> diesel::deserialize::Result<Self> {
        Ok(Self {
            id: NamedRow::get::<SqlUuid, _>(row, "id")?,
            subject: <Subject as QueryableByName<Pg>>::build(row)?,
            seq: NamedRow::get::<Integer, _>(row, "seq")?,
            visibility: NamedRow::get::<Text, _>(row, "visibility")?,
            author_staff: NamedRow::get::<Nullable<SqlUuid>, _>(row, "author_staff")?,
            author_access: NamedRow::get::<Nullable<SqlUuid>, _>(row, "author_access")?,
            body: NamedRow::get::<Text, _>(row, "body")?,
            created_at: NamedRow::get::<Timestamptz, _>(row, "created_at")?,
        })
    }
}

impl Message {
    /// Who wrote it.
    pub fn author(&self) -> Author {
        Author::from_columns(self.author_staff, self.author_access)
            .expect("a check of the table demands exactly one author")
    }
}
