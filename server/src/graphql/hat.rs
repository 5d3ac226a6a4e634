//! Hats: the places in which an account can act (B-13).

use async_graphql::{Enum, ID, SimpleObject};
use guichet_schema::actor;
use guichet_schema::session::model::HatOption;

use super::payload::api_id;
use super::scalars::{AccessRole, StaffRole};

/// Whose side a hat is on. Staff and client rights never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum HatKind {
    /// Staff of a firm.
    Staff,
    /// User of a client's area.
    Portal,
}

/// One of the places in which an account can act (B-13); a session acts in exactly one.
#[derive(Debug, Clone, SimpleObject)]
pub struct Hat {
    /// Which hat, for `hatChoose`: the id of its staff member or portal access.
    hat_id: ID,
    /// Whose side it is on.
    kind: HatKind,
    /// The firm that it works for, or that serves its client.
    firm_id: ID,
    /// That firm's name.
    firm_name: String,
    /// The client of a portal hat; null for staff.
    client_id: Option<ID>,
    /// That client's name; null for staff.
    client_name: Option<String>,
    /// The rights of a staff hat; null for a portal hat.
    staff_role: Option<StaffRole>,
    /// The rights of a portal hat; null for staff.
    access_role: Option<AccessRole>,
}

impl From<&HatOption> for Hat {
    fn from(option: &HatOption) -> Self {
        let (hat_id, kind, staff_role, access_role) = match &option.hat {
            actor::Hat::Staff(hat) => (api_id(hat.id), HatKind::Staff, Some(hat.role.into()), None),
            actor::Hat::Portal(hat) => (api_id(hat.id), HatKind::Portal, None, Some(hat.role.into())),
        };
        let (client_id, client_name) = option.client.clone().unzip();
        Self {
            hat_id,
            kind,
            firm_id: api_id(option.hat.firm_id()),
            firm_name: option.firm_name.clone(),
            client_id: client_id.map(api_id),
            client_name,
            staff_role,
            access_role,
        }
    }
}
