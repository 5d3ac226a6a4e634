//! Accounts: a login each, one person with one e-mail address and many memberships (B-13).

pub mod commands;
pub mod model;
pub mod password;
