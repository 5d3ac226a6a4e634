//! The business of Guichet: rules, commands, queries, and who may do what.
//!
//! A folder an area, and in it a folder a noun: `model` (rows), `rules` (pure decisions), `commands` (one function a
//! business act, in one transaction), `queries` (finders, each of which takes the viewer's
//! [`Scope`](guichet_engine::actor::Scope)).

pub mod desk;
pub mod nouns;
pub mod people;
pub mod shared;

/// What areas do when a client's record changes, see [`people::client::commands::update`].
pub const CLIENT_FOLLOWERS: &[people::client::followers::Follower] = &[desk::ticket::follow::client];
