//! Benchmarks: programs that print figures, never assertions about time.

pub mod jobs;
pub mod place;
pub mod rest;
