//! Documents: what a client hands in and what the firm delivers to it.

mod counts;
mod list;
mod mutation;
mod settle;
mod types;

pub use counts::{DocumentCountsQuery, DocumentCountsSubscription, DocumentsCounted};
pub use list::{DocumentConnection, DocumentCount, DocumentQuery, DocumentSubscription, DocumentsListed};
pub use mutation::DocumentMutation;
pub use settle::DocumentSettleMutation;
pub use types::{Document, DocumentMark};
