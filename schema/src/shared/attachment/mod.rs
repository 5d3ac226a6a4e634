//! Files on things and on the messages about them (D-08).
//!
//! A file may be attached while it is still being verified. Whatever the attachment makes visible, to others
//! and in the history, comes about when both are there: the attachment and the stored file.

pub(crate) mod commands;
pub mod queries;
