//! Tickets: a case with a status, a price and a conversation (D).

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
pub mod status;
pub mod transfer;
