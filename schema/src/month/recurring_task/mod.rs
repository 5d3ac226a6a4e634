//! Recurring tasks: which client has which kind of work, from which period on, and what differs for it.

pub mod commands;
pub mod job;
pub mod model;
pub mod place;
pub mod queries;
pub mod rules;
