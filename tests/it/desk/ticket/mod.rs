//! The ticket desk over GraphQL: each requirement of section D that the desk has so far, by the API alone.

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
