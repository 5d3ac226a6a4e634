//! Accounts: a login each, one person with one e-mail address and many hats (B-13).

pub mod commands;
pub mod model;
pub mod password;
