//! Benchmarks: programs that print figures and never assert durations.

pub mod cpu;
pub mod dashboards;
pub mod due_dates;
pub mod fan_out;
pub mod generation;
pub mod jobs;
pub mod large;
pub mod load;
pub mod mails;
pub mod nested_list;
pub mod pgbench;
pub mod place;
pub mod rest;
pub mod rounds;
pub mod status_change;
