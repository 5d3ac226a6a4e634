//! Who is signed in, and as what.

use chrono::{DateTime, Utc};

use crate::people::account::model::Account;
use guichet_base::id::{ClientId, SessionId};
use guichet_base::locale::Locale;
use guichet_base::secret::Secret;
use guichet_engine::actor::{Actor, Author, Membership, Origin};

/// Identifies a membership: a staff member or a portal access, like an author.
pub type MembershipId = Author;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub account: Account,
    /// The session.
    pub session_id: SessionId,
    /// The selected membership (B-13); none before one is selected, and after it was taken away.
    pub membership: Option<Membership>,
    /// When the session expires.
    pub expires_at: DateTime<Utc>,
}

impl Viewer {
    /// The actor of a request; none without a membership.
    pub fn actor(&self, origin: Origin, locale: Locale) -> Option<Actor> {
        Some(Actor {
            account_id: self.account.id,
            session_id: Some(self.session_id),
            membership: self.membership.clone()?,
            locale,
            origin,
        })
    }
}

/// A membership that an account can use now (B-13), with the names that distinguish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipOption {
    /// The membership.
    pub membership: Membership,
    /// The name of its firm.
    pub firm_name: String,
    /// The client, for a portal access.
    pub client: Option<(ClientId, String)>,
}

impl MembershipOption {
    /// The id of the membership.
    pub const fn id(&self) -> MembershipId {
        self.membership.author()
    }
}

/// The result of signing in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session's token, returned only once.
    pub token: Secret,
    /// The viewer; with a membership if there is only one.
    pub viewer: Viewer,
    /// All memberships of the account.
    pub memberships: Vec<MembershipOption>,
}
