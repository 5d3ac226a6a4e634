//! Conversations: messages and internal notes about a thing (D-07), and how far each person has read (D-12).

pub(crate) mod commands;
pub mod model;
pub mod queries;
