//! The month: what is due, when, and the work on it.

mod catalogue;
mod due;
mod generation;
mod moves;
mod runs;
mod years;
