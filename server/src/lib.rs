//! The server: GraphQL over HTTP and websockets, sign-in, and the parts of the `guichet` program.

mod calendar;
pub mod check;
pub mod cli;
mod commands;
pub mod console;
pub mod database;
pub mod files;
pub mod gateway;
pub mod graphql;
pub mod lifecycle;
pub mod live;
pub mod logs;
pub mod mail_page;
pub mod open_files;
pub mod parts;
pub mod probes;
mod processes;
pub mod program;
pub mod redis;
mod service_manager;
pub mod settings;
pub mod signals;
pub mod transfers;
