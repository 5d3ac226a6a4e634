//! Portal accesses: an account's access to a client's area (B-03).

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
