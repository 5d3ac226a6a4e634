//! The published contract, and the schema without a database.

mod breaking;
mod contract;
mod lint;
mod permissions;
mod reading;
mod requests;
