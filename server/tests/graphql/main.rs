//! The published contract, and the schema without a database.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod breaking;
mod contract;
mod lint;
mod permissions;
mod reading;
mod requests;
mod settable;
mod shows;
