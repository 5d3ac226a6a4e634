//! The gateway: GraphQL over HTTP, sign-in, and what the `guichet` program is made of.

pub mod cli;
mod commands;
pub mod console;
pub mod database;
pub mod edge;
pub mod embedded;
pub mod files;
pub mod gateway;
pub mod graphql;
pub mod lifecycle;
pub mod logs;
pub mod mail_page;
pub mod probes;
mod processes;
pub mod program;
pub mod settings;
pub mod signals;
