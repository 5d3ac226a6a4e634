//! Files attached to things and to the messages about them (D-08).
//!
//! A file may be attached while it is still being verified. What the attachment makes visible, to others and in
//! the history, appears when both exist: the attachment and the stored file.

pub(crate) mod commands;
pub mod queries;
