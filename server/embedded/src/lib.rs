//! The embedded default: a private PostgreSQL child process, used when `DATABASE_URL` is not set.
//!
//! `postgres` is the public handle; `cluster` knows the files of a server and creates them; `keeper` is the thread
//! that owns the child; `binaries`, `run_as` and `folder` find the programs, the user and the folder; `address`
//! tells how to connect.

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
