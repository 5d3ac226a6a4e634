//! The business of Guichet: rules, commands, queries, and who may do what.
//!
//! Each area is a folder, and each noun a folder in it: `model` (rows), `rules` (pure functions), `commands` (one
//! function per action, in one transaction), `queries` (finders, each of which requires the viewer's
//! [`Scope`](guichet_engine::actor::Scope)).

pub mod dashboards;
pub mod desk;
pub mod month;
pub mod nouns;
pub mod people;
pub mod restored;
pub mod shared;

/// What areas do when a client's record changes, see [`people::client::commands::update`].
pub const CLIENT_FOLLOWERS: &[people::client::followers::Follower] = &[desk::ticket::follow::client];
