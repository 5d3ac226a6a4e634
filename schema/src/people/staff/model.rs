//! The rows of staff.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::collation;
use guichet_base::id::{AccountId, FirmId, StaffId};
use guichet_engine::actor::StaffRole;
use guichet_engine::keyset::{self, BY_NAME, Position};
use guichet_engine::tables::{accounts, staff_members};

/// A staff member. A client can see only its name.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = staff_members)]
pub struct StaffMember {
    /// Its id.
    pub id: StaffId,
    /// Its firm.
    pub firm_id: FirmId,
    /// The account.
    pub account_id: AccountId,
    /// The name shown in the firm.
    pub name: String,
    /// The address with which it signs in.
    #[diesel(select_expression = accounts::email)]
    pub email: String,
    /// Its role.
    pub role: StaffRole,
    /// When it accepted its invitation; before that it cannot act.
    pub joined_at: Option<DateTime<Utc>>,
    /// When it left.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

impl StaffMember {
    /// Its position in a list ordered by name.
    pub fn position(&self) -> Position {
        keyset::position(BY_NAME, false, &collation::key(&self.name), self.id)
    }
}
