//! Who acts, in which membership, and what they can see.

use guichet_base::id::{AccessId, AccountId, ClientId, FirmId, Id, SessionId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::text_enum;
use uuid::Uuid;

text_enum! {
    /// The role of a staff member.
    pub enum StaffRole {
        /// May do everything.
        Owner = "OWNER",
        /// Manages clients, accesses, the price list and charges; may act in bulk.
        Manager = "MANAGER",
        /// Does the daily work.
        Member = "MEMBER",
    }
}

text_enum! {
    /// Which clients and tickets members of a firm can see: a setting of the firm.
    pub enum MemberReach {
        /// Members see all clients.
        All = "ALL",
        /// Members see their departments and their own clients only.
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

/// What an account acts as (B-13). Staff rights and client rights never mix.
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

    /// What the membership can see.
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Staff(StaffMembership {
                id,
                firm_id,
                role: StaffRole::Member,
                reach: MemberReach::Own,
            }) => Scope::Own { firm_id: *firm_id, staff_id: *id },
            Self::Staff(membership) => Scope::Firm { firm_id: membership.firm_id },
            Self::Portal(membership) => {
                Scope::Client { firm_id: membership.firm_id, client_id: membership.client_id }
            }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything of a firm.
    Firm {
        /// The firm.
        firm_id: FirmId,
    },
    /// The departments and clients of one member (B-15).
    Own {
        /// The firm.
        firm_id: FirmId,
        /// The member.
        staff_id: StaffId,
    },
    /// One client, seen by its portal users: nothing internal.
    Client {
        /// The firm.
        firm_id: FirmId,
        /// The client.
        client_id: ClientId,
    },
}

impl Scope {
    /// The firm of this scope.
    pub const fn firm_id(&self) -> FirmId {
        match self {
            Self::Firm { firm_id } | Self::Own { firm_id, .. } | Self::Client { firm_id, .. } => *firm_id,
        }
    }

    /// Whether this is the firm's side, which sees internal things.
    pub const fn is_staff(&self) -> bool {
        !matches!(self, Self::Client { .. })
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
    pub const fn scope(&self) -> Scope {
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
    /// The network address.
    pub address: Option<String>,
    /// The request id, as logged and answered.
    pub request_id: Option<String>,
    /// The `User-Agent`.
    pub device: Option<String>,
    /// Whether it is an app that sends its token itself, not a browser with a cookie.
    pub is_app: bool,
}
