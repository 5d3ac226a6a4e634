//! The rows of histories.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::id::{AccessId, ActId, ChangeId, StaffId};
use guichet_engine::actor::Author;
use guichet_engine::subject::Subject;
use guichet_engine::tables::changes;

/// One changed field of a thing (D-08).
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = changes)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// The thing that was changed.
    #[diesel(
        select_expression = (changes::subject_noun, changes::subject_id),
        select_expression_type = (changes::subject_noun, changes::subject_id)
    )]
    pub subject: Subject,
    /// The action that changed it, possibly together with other fields.
    pub act_id: ActId,
    /// The field, as the noun spells its [`Field`](super::Field)s.
    pub field: String,
    /// The value before.
    pub old_value: Option<String>,
    /// The value after.
    pub new_value: Option<String>,
    /// The reason, if one was given.
    pub reason: Option<String>,
    author_staff: Option<StaffId>,
    author_access: Option<AccessId>,
    /// The time.
    pub at: DateTime<Utc>,
}

impl Change {
    /// Who changed it.
    pub fn author(&self) -> Author {
        Author::from_columns(self.author_staff, self.author_access)
            .expect("a check of the table demands exactly one author")
    }
}
