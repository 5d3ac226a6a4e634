//! The rows of folders.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use guichet_base::id::{ClientId, FirmId, FolderId, StaffId};
use guichet_engine::feed::Audience;
use guichet_engine::tables::folders;

/// A folder of a client's library.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = folders)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// The firm.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// The folder in which it lies; none at the top.
    pub parent_id: Option<FolderId>,
    /// Its name, unique within its parent.
    pub name: String,
    /// What documents go into it by themselves, whatever it is called now.
    pub key: Option<String>,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Folder {
    /// Who can see it; `portfolio` is the client's accountant (B-15).
    pub fn audience(&self, portfolio: Option<StaffId>) -> Audience {
        guichet_engine::audience!(folders, self, portfolio)
    }
}
