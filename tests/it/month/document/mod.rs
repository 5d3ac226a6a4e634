//! Documents: what a client hands in and what the firm delivers to it.

mod approve;
mod deliver;
mod dropped;
mod hand_in;
mod library;
mod list;
mod live;
mod mails;
mod marks;
pub mod papers;
mod private;
mod told;
