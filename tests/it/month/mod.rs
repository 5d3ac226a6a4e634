//! The month: what is due, when, and the work on it.

mod again;
mod audit;
mod calendar_feed;
mod calendars;
mod catalogue;
mod client;
mod confirmed;
pub mod document;
mod due;
mod ended;
mod export;
mod generation;
mod moves;
mod office;
mod places;
mod records;
mod removed;
mod rules;
mod runs;
mod saved_view;
mod series;
mod set_days;
mod task;
mod task_type;
mod years;
