//! Who acts, as what, and how far they see.

use guichet_base::id::{AccessId, AccountId, ClientId, FirmId, Id, SessionId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::text_enum;
use uuid::Uuid;

text_enum! {
    /// Rights of a staff member (B-15).
    pub enum StaffRole {
        /// Everything.
        Owner = "OWNER",
        /// Clients, accesses, price list, charges, bulk acts.
        Manager = "MANAGER",
        /// The daily work.
        Member = "MEMBER",
    }
}

text_enum! {
    /// How far members of a firm see (B-15): a setting of the firm.
    pub enum MemberReach {
        /// All clients.
        All = "ALL",
        /// Their departments and their portfolio only.
        Own = "OWN",
    }
}

text_enum! {
    /// Rights of a portal user (B-03).
    pub enum AccessRole {
        /// Manages the users of its client.
        Admin = "ADMIN",
        /// Manages nothing.
        Collaborator = "COLLABORATOR",
    }
}

/// One of the places in which an account can act (B-13). Staff and client rights never mix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// Staff of a firm.
    Staff(StaffMembership),
    /// Portal user of a client.
    Portal(PortalMembership),
}

/// Acting as staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMembership {
    /// The staff member.
    pub id: StaffId,
    /// Its firm.
    pub firm_id: FirmId,
    /// Its rights.
    pub role: StaffRole,
    /// How far members of this firm see.
    pub reach: MemberReach,
}

/// Acting as a portal user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalMembership {
    /// The access.
    pub id: AccessId,
    /// The firm that serves the client.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// Its rights.
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

    /// What this membership sees.
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

    /// Whether this membership looks after the firm: an owner or a manager.
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

/// What a viewer sees. Every finder demands one; outside of it nothing exists (B-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All of a firm.
    Firm {
        /// The firm.
        firm_id: FirmId,
    },
    /// A member's departments and portfolio (B-15).
    Own {
        /// The firm.
        firm_id: FirmId,
        /// The member.
        staff_id: StaffId,
    },
    /// One client, from the client's side: nothing internal.
    Client {
        /// The firm.
        firm_id: FirmId,
        /// The client.
        client_id: ClientId,
    },
}

impl Scope {
    /// The firm that this scope lies in.
    pub const fn firm_id(&self) -> FirmId {
        match self {
            Self::Firm { firm_id } | Self::Own { firm_id, .. } | Self::Client { firm_id, .. } => *firm_id,
        }
    }

    /// Whether this is the firm's side, where internal things exist.
    pub const fn is_staff(&self) -> bool {
        !matches!(self, Self::Client { .. })
    }
}

/// Who wrote something: a staff member or a portal user, never both, never nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Author {
    /// A staff member.
    Staff(StaffId),
    /// A portal user.
    Portal(AccessId),
}

impl Author {
    /// Reads the two columns in which a table keeps an author.
    pub const fn from_columns(staff: Option<StaffId>, access: Option<AccessId>) -> Option<Self> {
        match (staff, access) {
            (Some(id), None) => Some(Self::Staff(id)),
            (None, Some(id)) => Some(Self::Portal(id)),
            _ => None,
        }
    }

    /// The staff member, if it is one.
    pub const fn staff(self) -> Option<StaffId> {
        match self {
            Self::Staff(id) => Some(id),
            Self::Portal(_) => None,
        }
    }

    /// The id of either; see [`Membership::person`].
    pub fn person(self) -> Uuid {
        match self {
            Self::Staff(id) => id.uuid(),
            Self::Portal(id) => id.uuid(),
        }
    }

    /// The portal access, if it is one.
    pub const fn access(self) -> Option<AccessId> {
        match self {
            Self::Portal(id) => Some(id),
            Self::Staff(_) => None,
        }
    }
}

/// Who acts now: the account, its membership, and where the request comes from (F-03).
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account.
    pub account_id: AccountId,
    /// The session; none for an act out of the command line.
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

    /// What it sees.
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
    /// What the browser or app calls itself.
    pub device: Option<String>,
    /// Whether it is an app: one that sends its token itself, not a browser with a cookie.
    pub is_app: bool,
}
