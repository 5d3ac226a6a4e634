//! Staff: the members of a firm (B-15).

pub mod commands;
pub mod model;
pub mod queries;
