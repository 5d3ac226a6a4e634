//! Runs that generate tasks: preview, run, undo.

mod input;
mod list;
mod mutation;
mod preview;
mod query;
mod types;

pub use list::{TaskGenerationSubscription, TaskGenerationsListed, TaskGenerationsQuery};
pub use mutation::TaskGenerationMutation;
pub use query::TaskGenerationQuery;
pub use types::TaskGeneration;
