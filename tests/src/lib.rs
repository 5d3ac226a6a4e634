//! The harness of the tests.

pub mod smtp;
pub mod wait;
