//! Invitations, as issued and as shown.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::people::account::password::Password;
use guichet_base::secret::Secret;

/// How long an invitation is valid.
pub const LIFE: TimeDelta = TimeDelta::days(7);

/// A new membership, with what its person needs to get into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited<T> {
    /// The membership.
    pub id: T,
    /// The invitation's secret, returned only once: only its hash is stored, so a repeated call returns none.
    /// Also none when the account may use the membership at once.
    #[serde(skip)]
    pub secret: Option<Secret>,
}

/// What the page of an invitation shows before it is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvitation {
    /// The address with which the person will sign in.
    pub email: String,
    /// The inviting firm.
    pub firm_name: String,
    /// Whether the account has a password, which is then required; otherwise a new one is chosen.
    pub has_password: bool,
}

/// Input for accepting an invitation.
#[derive(Debug, Clone)]
pub struct AcceptInvitation {
    /// The secret of the link.
    pub secret: Secret,
    /// The account's password, or its new one.
    pub password: Password,
    /// The person's name; it is only used for an account without a password.
    pub name: Option<String>,
}
