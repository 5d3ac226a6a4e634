//! The business of Guichet: tables, rules, commands, queries, and who may do what.
//!
//! A folder a noun: `model` (rows), `rules` (pure decisions), `commands` (one function a business
//! act, in one transaction), `queries` (finders, each of which takes the viewer's [`actor::Scope`]).

pub mod account;
pub mod actor;
mod by_name;
pub mod charge;
pub mod client;
pub mod clock;
pub mod condition;
pub mod db;
pub mod demo;
pub mod department;
pub mod email;
pub mod email_delivery;
pub mod error;
pub mod feed;
pub mod file;
pub mod firm;
pub mod hint;
pub mod i18n;
pub mod id;
pub mod idempotency;
pub mod input;
pub mod invitation;
pub mod job;
pub mod locale;
pub mod message_id;
pub mod money;
pub mod notification;
pub mod page;
pub mod portal_access;
pub mod rights;
pub mod search;
pub mod secret;
pub mod service_item;
pub mod session;
pub mod sql;
pub mod staff;
pub mod store;
pub mod ticket;
#[rustfmt::skip]
pub mod tables;
mod text_enum;
