//! Clients: the companies that a firm serves.

pub mod commands;
pub mod model;
pub mod queries;
pub(crate) mod recipients;
pub mod rules;
