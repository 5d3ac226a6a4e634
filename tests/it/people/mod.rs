//! Firms, staff, clients, portal accesses, and signing in.

mod api;
mod client;
mod firm;
mod firm_settings;
mod invitation;
mod rights;
mod sender;
mod session;
pub mod sign_in;
pub mod world;
