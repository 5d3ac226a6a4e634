//! Who acts, in which membership, and what they can see.

use std::collections::BTreeSet;
use std::sync::Arc;

use guichet_base::id::{AccessId, AccountId, ClientId, FirmId, Id, SessionId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::text_enum;
use uuid::Uuid;

text_enum! {
    /// The role of a staff member.
    pub enum StaffRole {
        /// May do everything, including settings and staff.
        Owner = "OWNER",
        /// Manages clients, portal accesses, the price list and charges.
        Manager = "MANAGER",
        /// Does the daily work.
        Member = "MEMBER",
    }
}

text_enum! {
    /// Which clients and tickets the members of a firm can see.
    pub enum MemberReach {
        /// Members see all clients and tickets.
        All = "ALL",
        /// Members see only the clients of their portfolio; the tickets that are assigned to them, were opened by
        /// them, or belong to their departments or their portfolio; and the clients of these tickets.
        Own = "OWN",
    }
}

text_enum! {
    /// The role of a portal user.
    pub enum AccessRole {
        /// Manages the users of the client.
        Admin = "ADMIN",
        /// Manages no users.
        Collaborator = "COLLABORATOR",
    }
}

/// What an account acts as: staff of a firm, or portal user of a client. A session uses exactly one
/// membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// Staff of a firm.
    Staff(StaffMembership),
    /// A portal user of a client.
    Portal(PortalMembership),
}

/// An account acting as staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMembership {
    /// The staff member.
    pub id: StaffId,
    /// Its firm.
    pub firm_id: FirmId,
    /// Its role.
    pub role: StaffRole,
    /// What members of this firm can see.
    pub reach: MemberReach,
}

/// An account acting as a portal user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalMembership {
    /// The access.
    pub id: AccessId,
    /// The firm that serves the client.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// Its role.
    pub role: AccessRole,
    /// What it can see.
    pub reach: PortalReach,
}

impl PortalMembership {
    /// A user of this client who can see all of it; a collaborator all but payroll (B-05).
    pub fn new(id: AccessId, firm_id: FirmId, client_id: ClientId, role: AccessRole) -> Self {
        let areas = match role {
            AccessRole::Admin => Areas::ALL,
            AccessRole::Collaborator => Areas::ALL.without(Area::Payroll),
        };
        Self { id, firm_id, client_id, role, reach: PortalReach::new([client_id], areas) }
    }
}

impl Membership {
    /// The firm in which this membership acts.
    pub const fn firm_id(&self) -> FirmId {
        match self {
            Self::Staff(membership) => membership.firm_id,
            Self::Portal(membership) => membership.firm_id,
        }
    }

    /// The id of the staff member or of the access: the person within the firm.
    pub fn person(&self) -> Uuid {
        self.author().person()
    }

    /// What this membership can see.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Staff(staff) if staff.role == StaffRole::Member && staff.reach == MemberReach::Own => {
                Scope::own(staff.firm_id, staff.id)
            }
            Self::Staff(staff) => Scope::firm(staff.firm_id),
            Self::Portal(portal) => Scope::portal(portal.firm_id, portal.reach.clone()),
        }
    }

    /// Whether the membership is that of an owner or a manager.
    pub const fn oversees(&self) -> bool {
        matches!(self, Self::Staff(StaffMembership { role: StaffRole::Owner | StaffRole::Manager, .. }))
    }

    /// The author of what this membership writes.
    pub const fn author(&self) -> Author {
        match self {
            Self::Staff(membership) => Author::Staff(membership.id),
            Self::Portal(membership) => Author::Portal(membership.id),
        }
    }
}

/// What a viewer can see. Every finder requires a scope; what lies outside does not exist for the viewer (B-14).
/// Cheap to clone and compare. Only [`reach`](crate::reach) applies it to rows and events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    pub(crate) firm_id: FirmId,
    pub(crate) sight: Sight,
}

/// What a scope covers within its firm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sight {
    /// Everything.
    Firm,
    /// The tickets, departments and clients of this staff member (B-15).
    Own(StaffId),
    /// Parts of clients, as seen by portal users: nothing internal.
    Portal(PortalReach),
}

impl Scope {
    /// The whole firm.
    pub const fn firm(firm_id: FirmId) -> Self {
        Self { firm_id, sight: Sight::Firm }
    }

    /// A member's tickets, departments and clients (B-15).
    pub const fn own(firm_id: FirmId, staff_id: StaffId) -> Self {
        Self { firm_id, sight: Sight::Own(staff_id) }
    }

    /// What a portal user can see.
    pub const fn portal(firm_id: FirmId, reach: PortalReach) -> Self {
        Self { firm_id, sight: Sight::Portal(reach) }
    }

    /// The firm of this scope.
    pub const fn firm_id(&self) -> FirmId {
        self.firm_id
    }

    /// Whether this is the firm's side, which sees internal things.
    pub const fn is_staff(&self) -> bool {
        !matches!(self.sight, Sight::Portal(_))
    }

    /// What a portal user can see; none on the firm's side.
    pub const fn portal_reach(&self) -> Option<&PortalReach> {
        match &self.sight {
            Sight::Portal(reach) => Some(reach),
            Sight::Firm | Sight::Own(_) => None,
        }
    }

    /// Whether this is the whole firm.
    pub const fn is_firm(&self) -> bool {
        matches!(self.sight, Sight::Firm)
    }

    /// Bytes that are equal only for equal scopes, to bind data outside of the process to a scope.
    pub fn fingerprint(&self) -> Vec<u8> {
        let mut bytes = self.firm_id.uuid().as_bytes().to_vec();
        match &self.sight {
            Sight::Firm => bytes.push(0),
            Sight::Own(staff) => {
                bytes.push(1);
                bytes.extend(staff.uuid().as_bytes());
            }
            Sight::Portal(reach) => {
                bytes.push(2);
                bytes.extend(reach.areas.0.to_be_bytes());
                reach.clients.iter().for_each(|client| bytes.extend(client.uuid().as_bytes()));
            }
        }
        bytes
    }

    /// The member to whose own reach it is limited, if any.
    pub const fn member(&self) -> Option<StaffId> {
        match self.sight {
            Sight::Own(id) => Some(id),
            Sight::Firm | Sight::Portal(_) => None,
        }
    }
}

/// What a portal user can see: which clients, and which areas of them (B-05). Computed when the session is read,
/// so a change of rights takes effect with the next request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PortalReach {
    /// Sorted and unique, so that equal reaches compare as equal.
    clients: Arc<[ClientId]>,
    areas: Areas,
}

impl PortalReach {
    /// These clients, limited to these areas.
    pub fn new(clients: impl IntoIterator<Item = ClientId>, areas: Areas) -> Self {
        let clients: BTreeSet<ClientId> = clients.into_iter().collect();
        Self { clients: clients.into_iter().collect(), areas }
    }

    /// The clients.
    pub fn clients(&self) -> &[ClientId] {
        &self.clients
    }

    /// The areas.
    pub const fn areas(&self) -> Areas {
        self.areas
    }
}

text_enum! {
    /// A part of a client's data to which its users may have access.
    pub enum Area {
        /// Tickets, and everything that belongs to them.
        Tickets = "TICKETS",
        /// Charges of the client.
        Charges = "CHARGES",
        /// Documents about taxes.
        Tax = "TAX",
        /// Documents about payroll.
        Payroll = "PAYROLL",
        /// Documents of the accounting.
        Accounting = "ACCOUNTING",
        /// Documents of the company itself, such as its statutes.
        Corporate = "CORPORATE",
        /// Other documents.
        Other = "OTHER",
    }
}

/// A set of [`Area`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Areas(u32);

impl Areas {
    /// All of them.
    pub const ALL: Self = Self(u32::MAX);

    /// None.
    pub const NONE: Self = Self(0);

    /// Adds an area.
    #[must_use]
    pub const fn with(self, area: Area) -> Self {
        Self(self.0 | 1 << area as u32)
    }

    /// Removes an area.
    #[must_use]
    pub const fn without(self, area: Area) -> Self {
        Self(self.0 & !(1 << area as u32))
    }

    /// The areas that it contains.
    pub fn iter(self) -> impl Iterator<Item = Area> {
        Area::ALL.iter().copied().filter(move |area| self.has(*area))
    }

    /// Whether it contains this area.
    pub const fn has(self, area: Area) -> bool {
        self.0 & (1 << area as u32) != 0
    }
}

/// The author of something: exactly one of a staff member and a portal user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Author {
    /// A staff member.
    Staff(StaffId),
    /// A portal user.
    Portal(AccessId),
}

impl Author {
    /// Reads an author from the two columns of a table.
    pub const fn from_columns(staff: Option<StaffId>, access: Option<AccessId>) -> Option<Self> {
        match (staff, access) {
            (Some(id), None) => Some(Self::Staff(id)),
            (None, Some(id)) => Some(Self::Portal(id)),
            _ => None,
        }
    }

    /// The staff member, if the author is one.
    pub const fn staff(self) -> Option<StaffId> {
        match self {
            Self::Staff(id) => Some(id),
            Self::Portal(_) => None,
        }
    }

    /// The id of the staff member or of the access; see [`Membership::person`].
    pub fn person(self) -> Uuid {
        match self {
            Self::Staff(id) => id.uuid(),
            Self::Portal(id) => id.uuid(),
        }
    }

    /// The portal access, if the author is one.
    pub const fn access(self) -> Option<AccessId> {
        match self {
            Self::Portal(id) => Some(id),
            Self::Staff(_) => None,
        }
    }
}

/// Who is acting: the account, its membership, and the origin of the request (F-03).
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account.
    pub account_id: AccountId,
    /// The session; none when the command line acts.
    pub session_id: Option<SessionId>,
    /// The membership.
    pub membership: Membership,
    /// The language in which to answer.
    pub locale: Locale,
    /// Where the request comes from.
    pub origin: Origin,
}

impl Actor {
    /// The firm in which it acts.
    pub const fn firm_id(&self) -> FirmId {
        self.membership.firm_id()
    }

    /// What the actor can see.
    pub fn scope(&self) -> Scope {
        self.membership.scope()
    }

    /// The staff membership, or `NOT_ALLOWED`.
    ///
    /// # Errors
    /// `NOT_ALLOWED` for a portal user.
    pub fn staff(&self) -> guichet_base::error::Result<&StaffMembership> {
        match &self.membership {
            Membership::Staff(membership) => Ok(membership),
            Membership::Portal(_) => Err(guichet_base::error::Code::NotAllowed.into()),
        }
    }
}

/// Where a request comes from, for the audit (F-03).
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The IP address.
    pub address: Option<String>,
    /// The request id, as logged and answered.
    pub request_id: Option<String>,
    /// The `User-Agent`.
    pub device: Option<String>,
    /// Whether it is an app that sends its token itself, not a browser with a cookie.
    pub is_app: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// B-05: a reach is a set: order and repetition of its clients do not matter.
        #[test]
        fn reaches_are_sets(picks in proptest::collection::vec(0..4_usize, 0..8)) {
            let pool = [(); 4].map(|()| ClientId::new());
            let reach = |picks: &[usize]| PortalReach::new(picks.iter().map(|pick| pool[*pick]), Areas::ALL);
            let mut backwards = picks.clone();
            backwards.reverse();
            backwards.extend(&picks);
            prop_assert_eq!(reach(&picks), reach(&backwards));
            prop_assert!(reach(&picks).clients().is_sorted());
        }

        #[test]
        fn areas_are_sets(picks in proptest::collection::vec(0..Area::ALL.len(), 0..4)) {
            let areas = picks.iter().fold(Areas::NONE, |areas, pick| areas.with(Area::ALL[*pick]));
            for (at, area) in Area::ALL.iter().enumerate() {
                prop_assert_eq!(areas.has(*area), picks.contains(&at));
                prop_assert!(Areas::ALL.has(*area) && !Areas::NONE.has(*area));
            }
        }
    }
}
