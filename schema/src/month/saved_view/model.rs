//! The rows of saved views.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use guichet_base::id::{FirmId, Id, SavedViewId, StaffId};
use guichet_engine::feed::Audience;
use guichet_engine::tables::saved_views;

use crate::month::export::model::ListName;

/// A filter with a name.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saved_views)]
pub struct SavedView {
    /// Its id.
    pub id: SavedViewId,
    /// The firm.
    pub firm_id: FirmId,
    /// Whose it is; none for the whole firm's.
    pub staff_id: Option<StaffId>,
    /// The list.
    pub list: ListName,
    /// Its name, unique among those of the list that are the same person's, or the firm's.
    pub name: String,
    /// The filter, as the list takes it.
    pub filter: serde_json::Value,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

impl SavedView {
    /// Who can see it: the person, or all staff.
    pub fn audience(&self) -> Audience {
        self.staff_id.map_or_else(Audience::staff, |id| Audience::only(id.uuid()))
    }
}
