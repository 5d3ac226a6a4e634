//! Saved views: filters of lists that a person, or the whole firm, gave a name (C-03).

pub mod commands;
pub mod model;
pub mod queries;
