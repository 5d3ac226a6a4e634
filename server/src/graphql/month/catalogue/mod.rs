//! The starter catalogue, and its adoption.

mod input;
mod mutation;
mod query;
mod types;
mod update;

pub use mutation::CatalogueMutation;
pub use query::CatalogueQuery;
