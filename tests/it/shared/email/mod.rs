//! A status change becomes a mail, end to end: API, job, worker, relay, and back to the screen (D-04, D-05, F-02,
//! F-06).

mod access;
mod hygiene;
mod letters;
mod list;
mod lost;
mod made_up;
mod outcomes;
mod post_room;
mod recipients;
mod relay;
mod retry;
mod stop;
mod thread;
mod told;
