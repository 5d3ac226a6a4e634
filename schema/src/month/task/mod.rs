//! Tasks: the work of the firm's staff, mostly one for each period of a recurring task. No client sees one (C-01).

pub mod list;
pub mod model;
