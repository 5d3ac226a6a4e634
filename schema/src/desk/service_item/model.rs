//! The rows of the price list.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::collation;
use guichet_base::id::{DepartmentId, FirmId, ServiceItemId};
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, BY_NAME, Position};
use guichet_engine::tables::service_items;

/// An item of the price list.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = service_items, treat_none_as_null = true)]
pub struct ServiceItem {
    /// Its id.
    pub id: ServiceItemId,
    /// Its firm.
    pub firm_id: FirmId,
    /// Its name, unique in the firm.
    pub name: String,
    /// What the price includes.
    pub description: String,
    /// Its price, in minor units of the firm's currency. Later changes do not affect tickets (D-03).
    pub price_minor: i64,
    /// The department that provides the service.
    pub department_id: Option<DepartmentId>,
    /// Whether it is offered.
    pub active: bool,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl ServiceItem {
    /// Its position in a list ordered by name.
    pub fn position(&self) -> Position {
        keyset::position(BY_NAME, false, &collation::key(&self.name), self.id)
    }

    /// Who can see it: everybody while it is offered, otherwise only staff.
    pub fn audience(&self) -> Audience {
        Audience::everybody().internal_if(!self.active)
    }
}
