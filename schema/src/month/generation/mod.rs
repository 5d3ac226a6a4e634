//! Generating tasks from recurring ones: one for each (recurring task, period), whatever runs twice, late or in parallel.
//!
//! `plan` says with pure functions which periods are lacking and when each is due; `run` writes them, chunk by chunk, each
//! in a transaction of its own. `preview` shows what a run would write, `undo` takes back what nobody touched (C-11), and
//! `progress` tells people of both; `moves` lets dates follow changed rules.

pub mod commands;
pub mod job;
pub mod model;
pub mod moves;
pub mod plan;
pub mod preview;
mod progress;
pub mod queries;
pub mod run;
pub mod undo;
