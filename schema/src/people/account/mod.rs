//! Accounts: one login per person, with one e-mail address and any number of memberships (B-13).

pub mod commands;
pub mod model;
pub mod password;
