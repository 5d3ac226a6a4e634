//! What any thing can have.

pub mod email;
pub mod file;
pub mod notification;
