//! The ticket desk: the price list, tickets and charges.

pub mod charge;
pub mod service_item;
pub mod ticket;
