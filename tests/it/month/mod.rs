//! The month: what is due, when, and the work on it.

mod audit;
mod calendar_feed;
mod catalogue;
mod client;
pub mod document;
mod due;
mod ended;
mod export;
mod generation;
mod moves;
mod rules;
mod runs;
mod saved_view;
mod series;
mod set_days;
mod task;
mod task_type;
mod years;
