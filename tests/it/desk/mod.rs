//! The ticket desk.

mod export;
mod service_item;
pub mod ticket;
