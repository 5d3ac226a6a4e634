//! A change of status becomes a mail, end to end: API, job, worker, relay, and back to the screen
//! (D-04, D-05, F-02, F-06).

mod letters;
mod list;
mod outcomes;
mod post_room;
mod recipients;
mod relay;
mod retry;
