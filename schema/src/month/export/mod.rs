//! Exports: lists that are too long to be sent at once, written by a worker as a file (C-03).

pub mod commands;
pub mod model;
pub mod queries;
pub mod writing;
