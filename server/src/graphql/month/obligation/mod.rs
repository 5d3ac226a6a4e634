//! Obligations, the versions of their rules, and extensions by authorities.

mod input;
mod list;
mod mutation;
mod types;

pub use list::ObligationQuery;
pub use mutation::ObligationMutation;
pub use types::{DueRule, Obligation};
