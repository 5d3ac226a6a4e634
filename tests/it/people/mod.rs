//! The people of the house: firms, staff, clients, accesses, and how they sign in.

mod client;
mod firm;
mod invitation;
mod rights;
mod service_item;
mod session;
mod world;
