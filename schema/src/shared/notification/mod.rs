//! Notifications: what staff are told, live and by mail as they prefer (D-11).

pub mod announce;
pub mod commands;
pub mod model;
pub mod preferences;
pub mod queries;
