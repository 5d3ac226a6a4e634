//! The gateway: GraphQL over HTTP, sign-in, and what the `guichet` program is made of.

pub mod embedded;
