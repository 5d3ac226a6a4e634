//! The rows and enums of portal accesses.

use chrono::{DateTime, Utc};
use diesel::dsl::case_when;
use diesel::prelude::*;

use guichet_base::id::{AccessId, AccountId, ClientId, FirmId};
use guichet_base::text_enum;
use guichet_engine::actor::AccessRole;
use guichet_engine::tables::{accounts, portal_accesses};

text_enum! {
    /// The status of a portal access.
    pub enum AccessStatus {
        /// The person has not accepted the invitation yet.
        Invited = "INVITED",
        /// An admin of the client has not activated the access yet.
        Pending = "PENDING",
        /// The access can be used.
        Active = "ACTIVE",
        /// The access was removed.
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
    /// The account.
    pub account_id: AccountId,
    /// Its role.
    pub role: AccessRole,
    /// Its status.
    pub status: AccessStatus,
    /// The person's name: the one given by the firm until the person accepts, then the account's.
    #[diesel(select_expression = case_when(portal_accesses::name.is_null(), accounts::name)
        .otherwise(portal_accesses::name.assume_not_null()))]
    pub name: String,
    /// The e-mail address of the account.
    #[diesel(select_expression = accounts::email)]
    pub email: String,
    /// When it was created, which also decides which access is the first (B-03).
    pub created_at: DateTime<Utc>,
}
