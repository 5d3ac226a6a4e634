//! What due rules ask of a client (C-09): its registration numbers, and the attributes, fiscal years and events that its
//! record says. An attribute holds from a day on, until its next value.

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
