//! Invitations: how somebody enters a membership that a firm made for them (B-02).
//!
//! Staff copy the link and hand it over themselves. So it proves that the firm means this person,
//! not that the person reads the account's mail: it opens one membership only, an account that has a
//! password must give it, and the address is not taken as verified.

pub mod commands;
pub mod model;
pub mod queries;
