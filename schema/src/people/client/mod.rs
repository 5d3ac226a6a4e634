//! Clients: the companies that a firm serves.

pub mod commands;
pub mod facts;
pub mod followers;
pub mod model;
pub mod queries;
pub mod record;
pub mod rules;
