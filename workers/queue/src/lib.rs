//! The job queue: jobs of the table `jobs`, run by apalis.
//!
//! Each process has one [`claimer`], which fills the free slots of each kind's worker; a [`settler`], which
//! records the results of runs; a [`renewer`], which renews their leases; and a [`keeper`], which rescues the jobs
//! of crashed processes and measures the queue. Each kind has an apalis worker, which takes jobs from its
//! [`inbox`] and runs the handler inside the layers of [`launch`]. [`workers`] assembles the parts and watches
//! them.
//!
//! Some defaults of apalis are avoided: an error of a backend or an uncaught panic drops all jobs in flight of a
//! worker, so the backend here returns no errors, handlers run as separate tasks, and panics are caught. Its
//! monitor restarts without a delay and can end successfully although all workers are dead, so [`watchdog`] takes
//! its place.

mod assignment;
mod claimer;
mod connection;
mod error;
mod inbox;
mod keeper;
mod launch;
mod leases;
mod metrics;
mod point;
mod renewer;
mod settle;
mod settler;
mod watchdog;
mod workers;

pub use assignment::Job;
pub use error::{BoxError, JobError};
pub use point::Point;
pub use watchdog::{Health, WorkersDied};
pub use workers::{Timing, Workers};
