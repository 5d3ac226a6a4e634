//! The month: what is due, when, and the work on it.

mod calendar_feed;
mod catalogue;
mod client;
mod due;
mod export;
mod generation;
mod saved_view;
