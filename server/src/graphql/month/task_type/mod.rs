//! Kinds of work, and the documents that each expects and delivers.

mod input;
mod list;
mod mutation;
mod types;

pub use list::{TaskTypeQuery, TaskTypeSubscription, TaskTypesListed};
pub use mutation::TaskTypeMutation;
pub use types::{DocumentDefinition, SecondFile, TaskType};
