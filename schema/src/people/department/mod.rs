//! Departments: the teams of a firm, each with a lead.

pub mod commands;
pub mod model;
pub mod queries;
