//! The month: what is due, when, and the work on it.

pub mod calendar;
pub mod calendar_feed;
pub mod catalogue;
pub mod document;
pub mod due;
pub mod export;
pub mod folder;
pub mod generation;
pub mod obligation;
pub mod recurring_task;
pub mod saved_view;
pub mod task;
pub mod task_type;
