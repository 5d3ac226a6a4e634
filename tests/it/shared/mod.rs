//! Features that things of any kind can have.

pub mod email;
pub mod file;
pub mod notification;
pub mod sort_keys;
