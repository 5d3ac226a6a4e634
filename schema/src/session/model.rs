//! Who is signed in, and as what.

use chrono::{DateTime, Utc};

use crate::account::model::Account;
use crate::actor::{Actor, Author, Hat, Origin};
use crate::id::{ClientId, SessionId};
use crate::locale::Locale;
use crate::secret::Secret;

/// Which hat: a staff member or a portal access, as the authors of texts are named.
pub type HatId = Author;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub account: Account,
    /// The session.
    pub session_id: SessionId,
    /// As what it acts (B-13); none before one is chosen, and none again once it is taken away.
    pub hat: Option<Hat>,
    /// When the session ends by itself.
    pub expires_at: DateTime<Utc>,
}

impl Viewer {
    /// The actor of a request; none without a hat.
    pub fn actor(&self, origin: Origin, locale: Locale) -> Option<Actor> {
        Some(Actor {
            account_id: self.account.id,
            session_id: Some(self.session_id),
            hat: self.hat.clone()?,
            locale,
            origin,
        })
    }
}

/// A hat that an account may put on now (B-13), with the names that tell it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HatOption {
    /// The hat.
    pub hat: Hat,
    /// The name of its firm.
    pub firm_name: String,
    /// The client, for a portal access.
    pub client: Option<(ClientId, String)>,
}

impl HatOption {
    /// Which hat it is.
    pub const fn id(&self) -> HatId {
        self.hat.author()
    }
}

/// What signing in gives.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session's token, told this once.
    pub token: Secret,
    /// Who it is; with a hat when there is only one to choose.
    pub viewer: Viewer,
    /// All hats to choose from.
    pub hats: Vec<HatOption>,
}
