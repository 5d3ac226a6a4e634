//! Signing in over the API: cookies and bearer tokens, memberships, invitations, and what strangers cannot find out
//! (B-02, B-06, B-13).

pub mod door;
mod invitations;
mod memberships;
mod sessions;
mod strangers;
