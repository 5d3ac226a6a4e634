//! Documents: what a client hands in and what the firm delivers to it. A document exists before its file.
//!
//! A file becomes a version of its document when it is handed in, and counts once it is stored. What the firm delivers is
//! seen by the client once it is published.

pub mod counts;
pub mod files;
pub mod hand_in;
mod held;
mod history;
pub mod letters;
pub mod library;
pub mod list;
pub mod mails;
pub mod model;
mod notify;
pub mod open;
pub mod queries;
pub mod rules;
pub mod settle;
pub mod together;
