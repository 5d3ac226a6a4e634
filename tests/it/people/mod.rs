//! The people of the house: firms, staff, clients, accesses, and how they sign in.

mod api;
mod client;
mod firm;
mod firm_settings;
mod invitation;
mod rights;
mod session;
pub mod sign_in;
pub mod world;
