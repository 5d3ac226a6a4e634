//! The month: what is due, when, and the work on it.

mod catalogue;
mod document;
mod due;
mod generation;
