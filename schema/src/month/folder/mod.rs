//! Folders of a client's library (C-13). Where a document lies changes nothing about who may see it.

pub(crate) mod around;
pub mod commands;
pub mod model;
pub mod queries;
