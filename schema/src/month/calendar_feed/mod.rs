//! Calendar feeds: due dates at a secret address, to which other programs subscribe (F-05).

pub mod commands;
pub mod model;
pub mod queries;
