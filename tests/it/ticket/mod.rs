//! The ticket desk over GraphQL: each requirement of section D that the desk has so far, by the API alone.

mod charge;
mod conversation;
mod create;
mod desk;
mod edit;
mod history;
mod notes;
mod status;
mod transfer;
mod unread;
mod untouched;
