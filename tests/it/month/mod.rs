mod catalogue;
mod document;
//! The month: what is due, when, and the work on it.

mod calendar_feed;
mod catalogue;
mod client;
mod due;
mod export;
mod generation;
mod moves;
mod runs;
mod task;
mod years;
mod saved_view;
