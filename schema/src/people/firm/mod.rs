//! Firms: the tenants.

pub mod commands;
pub mod day;
pub mod mails;
pub mod model;
pub mod queries;
pub mod rules;
pub mod senders;
