//! Invitations: how a person gets into a membership that the firm created (B-02).
//!
//! Staff copy the link and send it themselves. So it proves that the firm means this person, but not that the
//! person reads the account's mail: it opens one membership only, an account with a password requires that
//! password, and the address does not count as verified.

pub mod commands;
pub mod model;
pub mod queries;
