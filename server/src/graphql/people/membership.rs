//! Memberships: the places in which an account can act (B-13).

use async_graphql::{Enum, ID, SimpleObject};
use guichet_engine::actor;
use guichet_schema::people::session::model::MembershipOption;

use crate::graphql::payload::api_id;
use crate::graphql::scalars::{AccessRole, StaffRole};

/// Whose side a membership is on. Staff and client rights never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MembershipKind {
    /// Staff of a firm.
    Staff,
    /// User of a client's area.
    Portal,
}

/// One of the places in which an account can act (B-13); a session acts in exactly one.
#[derive(Debug, Clone, SimpleObject)]
pub struct Membership {
    /// Which membership, for `membershipSelect`: the id of its staff member or portal access.
    membership_id: ID,
    /// Whose side it is on.
    kind: MembershipKind,
    /// The firm that it works for, or that serves its client.
    firm_id: ID,
    /// That firm's name.
    firm_name: String,
    /// The client of a portal membership; null for staff.
    client_id: Option<ID>,
    /// That client's name; null for staff.
    client_name: Option<String>,
    /// The rights of a staff membership; null for a portal membership.
    staff_role: Option<StaffRole>,
    /// The rights of a portal membership; null for staff.
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
