//! The ticket desk over the API: the requirements of section D that exist so far.

mod abilities;
mod abilities_around;
mod audit;
mod charge;
mod charge_by_hand;
mod conflicts;
mod conversation;
mod create;
pub mod desk;
mod edit;
mod grid;
mod history;
pub mod idempotency;
mod languages;
mod memberships;
mod notes;
mod pages;
mod reach;
mod search;
mod sight;
mod status;
mod transfer;
mod unread;
mod untouched;
