//! Tickets: a case with a status, a price and a conversation (D).
//!
//! What portal users see: tickets by `reach/declared.rs`, messages and files by `shared/visibility.rs`, fields by
//! `Caller::internal` in the API's `types.rs`, changes by `TicketField::is_public` in `history.rs`.

pub mod attachment;
pub(crate) mod case;
pub mod commands;
pub mod conversation;
pub(crate) mod follow;
pub mod history;
pub mod letters;
pub mod list;
pub mod mails;
pub mod model;
pub(crate) mod news;
pub(crate) mod notify;
pub mod queries;
pub mod rules;
pub mod search;
pub mod status;
pub mod transfer;
