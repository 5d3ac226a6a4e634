//! The rows and enums of portal accesses.

use chrono::{DateTime, Utc};
use diesel::dsl::case_when;
use diesel::prelude::*;

use guichet_base::id::{AccessId, AccountId, ClientId, FirmId};
use guichet_base::text_enum;
use guichet_engine::actor::AccessRole;
use guichet_engine::tables::{accounts, portal_accesses};

text_enum! {
    /// Where an access stands (B-03).
    pub enum AccessStatus {
        /// Waits until the person accepts the invitation.
        Invited = "INVITED",
        /// Waits until an admin of the client activates it.
        Pending = "PENDING",
        /// Opens the client's area.
        Active = "ACTIVE",
        /// Taken away.
        Disabled = "DISABLED",
    }
}

/// A portal user of a client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = portal_accesses)]
pub struct PortalAccess {
    /// Its id.
    pub id: AccessId,
    /// The firm that serves the client.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// Who.
    pub account_id: AccountId,
    /// Its rights.
    pub role: AccessRole,
    /// Where it stands.
    pub status: AccessStatus,
    /// The person's name: what the firm calls it until it accepts, then its own.
    #[diesel(select_expression = case_when(portal_accesses::name.is_null(), accounts::name)
        .otherwise(portal_accesses::name.assume_not_null()))]
    pub name: String,
    /// The address to which the person is written, and with which it signs in.
    #[diesel(select_expression = accounts::email)]
    pub email: String,
    /// When it was made; it counts from then on (B-03).
    pub created_at: DateTime<Utc>,
}
