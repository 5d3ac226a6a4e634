//! Notifications of staff, live and by mail (D-11).

pub mod announce;
pub mod commands;
pub mod model;
pub mod preferences;
pub mod queries;
