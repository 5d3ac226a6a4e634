//! The GraphQL schema: a file a noun, each with its types, queries and mutations.
//!
//! A resolver decodes the id, takes the [`caller::Caller`]'s actor, calls one command or query of
//! the business, and maps the result. Child fields go through [`loaders`].

pub mod caller;
pub mod loaders;
pub mod money;
pub mod page;
pub mod payload;
pub mod scalars;
