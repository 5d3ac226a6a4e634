//! The embedded default: a private PostgreSQL child, for whoever sets no `DATABASE_URL`.
//!
//! What is where: `postgres` is the handle; `cluster` knows the files of one server and makes
//! them; `keeper` is the thread that owns the child; `binaries`, `run_as` and `folder` find
//! the programs, the user and the place; `address` is where others reach it.

mod address;
mod binaries;
mod child;
mod cluster;
mod error;
mod folder;
mod keeper;
mod pid_file;
mod postgres;
mod run_as;

pub use address::{is_made, running_url};
pub use child::die_with_parent;
pub use error::EmbeddedError;
pub use postgres::{Postgres, PostgresOptions, keep_running};
