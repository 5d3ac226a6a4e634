//! The people of the house: firms, staff, clients, accesses, and how they sign in.
#![allow(clippy::unwrap_used)] // helpers of tests too

mod client;
mod firm;
mod invitation;
mod rights;
mod service_item;
mod session;
mod world;
