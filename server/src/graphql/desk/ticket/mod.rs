//! Tickets (D).

mod attachment;
mod conversation;
mod history;
mod input;
mod mutation;
mod query;
mod subscription;
mod types;

pub use attachment::Attachment;
pub use conversation::TicketMessage;
pub use history::{TicketChange, TicketTransfer};
pub use mutation::TicketMutation;
pub use query::{TicketFilter, TicketOrder, TicketQuery};
pub use subscription::{Conversation, Grid, TicketSubscription};
pub use types::Ticket;
