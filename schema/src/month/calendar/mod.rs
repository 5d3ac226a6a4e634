//! The working calendars of a firm: the known holidays, the days off that it added, and its office's week.

pub mod commands;
pub mod import;
pub mod job;
pub mod model;
pub mod queries;
