//! Charges: amounts that clients owe (D-10). Receivables, not fiscal documents.

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
