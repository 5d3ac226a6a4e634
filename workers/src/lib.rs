//! Background work: the job queue, mails, files, housekeeping.

pub mod clamd;
pub mod envelope;
mod file_content;
pub mod file_sweep;
pub mod file_verify;
pub mod housekeeping;
pub mod letter;
pub mod mail;
pub mod queue;
pub mod send_email;
mod zip_directory;

use std::time::Duration;

use guichet_engine::store::Store;

use crate::file_verify::Verifier;
use crate::queue::Workers;
use crate::send_email::Sender;

/// Time limit for sending one mail: longer than all steps of an SMTP session together.
const SENDING: Duration = Duration::from_secs(25 * 60);
/// Time limit for verifying one file: fetching a large one over a slow line, scanning and storing it.
const VERIFYING: Duration = Duration::from_secs(20 * 60);

/// The workers of a process, with a handler for each kind of job; at most `concurrency` jobs of a
/// kind at once.
pub fn workers(store: Store, sender: Sender, verifier: Verifier, concurrency: usize) -> Workers {
    Workers::new(store)
        .register(concurrency, SENDING, move |job, payload| sender.clone().run(job, payload))
        .register(concurrency, VERIFYING, move |job, payload| verifier.clone().run(job, payload))
}
