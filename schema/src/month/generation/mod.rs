//! Generating tasks from recurring ones: one for each (recurring task, period), whatever runs twice, late or in parallel.
//!
//! `plan` says with pure functions which periods are lacking and when each is due; `run` writes them, chunk by chunk, each
//! in a transaction of its own.

pub mod job;
pub mod plan;
pub mod run;
