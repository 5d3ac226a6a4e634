//! The business of Guichet: rules, commands, queries, and who may do what.
//!
//! A folder an area, and in it a folder a noun: `model` (rows), `rules` (pure decisions), `commands` (one function a
//! business act, in one transaction), `queries` (finders, each of which takes the viewer's
//! [`Scope`](guichet_engine::actor::Scope)).

pub mod desk;
pub mod nouns;
pub mod people;
pub mod shared;
