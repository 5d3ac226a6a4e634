//! The harness of the tests.

pub mod app;
pub mod database;
pub mod smtp;
pub mod wait;
pub mod world;
