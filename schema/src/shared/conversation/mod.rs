//! Conversations: messages and internal notes about a thing (D-07), and the read mark of each person (D-12).

pub(crate) mod commands;
pub mod model;
pub mod queries;
