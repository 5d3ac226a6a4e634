//! Signing in over the API: cookies and bearer tokens, memberships, invitations, and what is not told to
//! strangers (B-02, B-06, B-13).

pub mod door;
mod invitations;
mod memberships;
mod sessions;
mod strangers;
