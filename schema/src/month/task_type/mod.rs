//! Kinds of work, and the documents that each expects and delivers.

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
