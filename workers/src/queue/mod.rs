//! The job queue: jobs of the table `jobs`, run by apalis.
//!
//! One process has one [`claimer`], which gives each kind's worker what it has slots for; a
//! [`settler`] that writes down what became of the runs; a [`renewer`] that keeps their leases; a
//! [`keeper`] that rescues the jobs of crashed processes and measures. An apalis worker a kind takes
//! jobs from its [`inbox`] and runs the handler inside the layers of [`launch`]. [`workers`] puts it
//! all together and watches it.
//!
//! Why not apalis's own ways: a backend's error or an uncaught panic drops everything that a worker
//! has in flight, so the backend here knows no errors, handlers run in tasks of their own, and
//! panics are caught; its monitor restarts without pause and can end well with all workers dead, so
//! [`watchdog`] does that part.

mod assignment;
mod claimer;
mod error;
mod inbox;
mod keeper;
mod launch;
mod leases;
mod line;
mod metrics;
mod renewer;
mod settle;
mod settler;
mod watchdog;
mod workers;

pub use assignment::{Hold, Job};
pub use error::{BoxError, JobError};
pub use watchdog::{Health, WorkersDied};
pub use workers::{Timing, Workers};
