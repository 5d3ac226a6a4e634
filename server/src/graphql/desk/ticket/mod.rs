//! Tickets (D).

mod attachment;
mod conversation;
mod export;
mod history;
mod input;
mod mutation;
mod query;
mod subscription;
mod types;

pub use attachment::{Attachment, OnMessage};
pub use conversation::TicketMessage;
pub(in crate::graphql) use export::TicketRow;
pub use history::{TicketChange, TicketTransfer};
pub use mutation::TicketMutation;
pub use query::{TicketCountsQuery, TicketCountsSubscription, TicketQuery, TicketsCounted};
pub use subscription::{Conversation, Grid, TicketSubscription};
pub use types::Ticket;
