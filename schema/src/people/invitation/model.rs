//! Invitations as they are handed out and shown.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::people::account::password::Password;
use guichet_base::secret::Secret;

/// How long an invitation can be accepted.
pub const LIFE: TimeDelta = TimeDelta::days(7);

/// A new membership, and what its person needs to enter it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited<T> {
    /// The membership.
    pub id: T,
    /// The invitation's secret, told this once: a repeated call has none, since only its hash is
    /// kept. None either when the account may enter at once.
    #[serde(skip)]
    pub secret: Option<Secret>,
}

/// What the page of an invitation shows before it is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvitation {
    /// The address with which the person will sign in.
    pub email: String,
    /// The firm that invites.
    pub firm_name: String,
    /// Whether the account has a password, which must then be given; else one is chosen.
    pub has_password: bool,
}

/// An acceptance.
#[derive(Debug, Clone)]
pub struct AcceptInvitation {
    /// The secret of the link.
    pub secret: Secret,
    /// The account's password, or the one that it gets.
    pub password: Password,
    /// How the person wants to be called; only an account without a password is renamed.
    pub name: Option<String>,
}
