//! Documents: what a client hands in and what the firm delivers to it.

mod list;
mod mutation;
mod settle;
mod types;

pub use list::{
    DocumentConnection, DocumentCount, DocumentCountsQuery, DocumentCountsSubscription, DocumentQuery,
    DocumentSubscription, DocumentsCounted, DocumentsListed,
};
pub use mutation::DocumentMutation;
pub use settle::DocumentSettleMutation;
pub use types::{Document, DocumentMark};
