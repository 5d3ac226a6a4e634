//! Signing in over the API: cookies and bearer tokens, hats, invitations, and what is not told to
//! strangers (B-02, B-06, B-13).

pub mod door;
mod hats;
mod invitations;
mod sessions;
mod strangers;
