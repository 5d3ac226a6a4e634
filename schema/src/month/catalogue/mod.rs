//! The starter catalogue: what comes with the program, and how a firm adopts it.

pub mod commands;
pub mod rules;
pub mod updates;
