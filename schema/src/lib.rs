//! The business of Guichet: tables, rules, commands, queries, and who may do what.
//!
//! A folder a noun: `model` (rows), `rules` (pure decisions), `commands` (one function a business
//! act, in one transaction), `queries` (finders, each of which takes the viewer's [`actor::Scope`]).

pub mod actor;
pub mod charge;
pub mod email_delivery;
pub mod ticket;
pub mod client;
pub mod portal_access;
pub mod by_name;
pub mod clock;
pub mod condition;
pub mod db;
pub mod email;
pub mod error;
pub mod feed;
pub mod hint;
pub mod id;
pub mod idempotency;
pub mod input;
pub mod job;
pub mod locale;
pub mod message_id;
pub mod money;
pub mod page;
pub mod search;
pub mod sql;
pub mod store;
#[rustfmt::skip]
pub mod tables;
mod text_enum;
