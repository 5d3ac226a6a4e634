//! Firms: the tenants.

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
