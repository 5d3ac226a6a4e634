//! Charges: what a client owes (D-10). A receivable, not a fiscal document.

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
