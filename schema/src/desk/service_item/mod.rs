//! Service items: the firm's price list.

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
