//! Memberships: the places in which an account can act (B-13).

use async_graphql::{Enum, ID, SimpleObject};
use guichet_engine::actor;
use guichet_schema::people::session::model::MembershipOption;

use crate::graphql::payload::api_id;
use crate::graphql::scalars::{AccessRole, StaffRole};

/// The kind of a membership. Staff rights and client rights never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MembershipKind {
    /// Staff of a firm.
    Staff,
    /// A portal user of a client.
    Portal,
}

/// What an account acts as: staff of a firm, or portal user of a client. A session uses exactly one
/// membership.
#[derive(Debug, Clone, SimpleObject)]
pub struct Membership {
    /// The ID of the staff member or of the portal access. Pass it to `membershipSelect`.
    membership_id: ID,
    /// The kind of the membership.
    kind: MembershipKind,
    /// The ID of the firm.
    firm_id: ID,
    /// The name of the firm.
    firm_name: String,
    /// The ID of the client; null for staff.
    client_id: Option<ID>,
    /// The name of the client; null for staff.
    client_name: Option<String>,
    /// The role of a staff member; null for portal users.
    staff_role: Option<StaffRole>,
    /// The role of a portal user; null for staff.
    access_role: Option<AccessRole>,
}

impl From<&MembershipOption> for Membership {
    fn from(option: &MembershipOption) -> Self {
        let (membership_id, kind, staff_role, access_role) = match &option.membership {
            actor::Membership::Staff(membership) => {
                (api_id(membership.id), MembershipKind::Staff, Some(membership.role.into()), None)
            }
            actor::Membership::Portal(membership) => {
                (api_id(membership.id), MembershipKind::Portal, None, Some(membership.role.into()))
            }
        };
        let (client_id, client_name) = option.client.clone().unzip();
        Self {
            membership_id,
            kind,
            firm_id: api_id(option.membership.firm_id()),
            firm_name: option.firm_name.clone(),
            client_id: client_id.map(api_id),
            client_name,
            staff_role,
            access_role,
        }
    }
}
