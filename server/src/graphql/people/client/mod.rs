//! Clients.

mod mutation;
mod query;
mod types;

pub use mutation::ClientMutation;
pub use query::{ClientQuery, ClientsQuery};
pub use types::{Client, SuppressedAddress};
