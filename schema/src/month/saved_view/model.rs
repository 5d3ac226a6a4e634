//! The rows of saved views.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use guichet_base::error::Code;
use guichet_base::id::{FirmId, Id, SavedViewId, StaffId};
use guichet_base::text_enum;
use guichet_engine::actor::Membership;
use guichet_engine::feed::Audience;
use guichet_engine::tables::saved_views;

use crate::month::export::model::ListName;
use crate::people::rights::{self, FirmAct};

text_enum! {
    /// An action on a saved view.
    pub enum SavedViewAct {
        /// Change it with `savedViewUpdate`.
        Update = "UPDATE",
        /// Remove it with `savedViewDelete`.
        Delete = "DELETE",
    }
}

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
    /// Whether a person who can see it may change or remove it: one's own, or, for owners and managers, the firm's.
    ///
    /// # Errors
    /// The code that the command would return.
    pub fn may(&self, act: SavedViewAct, by: &Membership) -> Result<(), Code> {
        match act {
            SavedViewAct::Update | SavedViewAct::Delete if self.staff_id.is_none() => {
                rights::may(by, FirmAct::SavedViewShare)
            }
            SavedViewAct::Update | SavedViewAct::Delete => Ok(()),
        }
    }

    /// Who can see it: the person, or all staff.
    pub fn audience(&self) -> Audience {
        self.staff_id.map_or_else(Audience::staff, |id| Audience::only(id.uuid()))
    }
}
