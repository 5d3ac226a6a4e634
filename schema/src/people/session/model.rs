//! Who is signed in, and as what.

use chrono::{DateTime, Utc};

use crate::people::account::model::Account;
use guichet_base::id::{ClientId, SessionId};
use guichet_base::locale::Locale;
use guichet_base::secret::Secret;
use guichet_engine::actor::{Actor, Author, Membership, Origin};

/// Which membership: a staff member or a portal access, as the authors of texts are named.
pub type MembershipId = Author;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub account: Account,
    /// The session.
    pub session_id: SessionId,
    /// As what it acts (B-13); none before one is chosen, and none again once it is taken away.
    pub membership: Option<Membership>,
    /// When the session ends by itself.
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

/// A membership that an account may put on now (B-13), with the names that tell it from others.
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
    /// Which membership it is.
    pub const fn id(&self) -> MembershipId {
        self.membership.author()
    }
}

/// What signing in gives.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session's token, told this once.
    pub token: Secret,
    /// Who it is; with a membership when there is only one to choose.
    pub viewer: Viewer,
    /// All memberships to choose from.
    pub memberships: Vec<MembershipOption>,
}
