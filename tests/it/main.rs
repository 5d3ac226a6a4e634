//! Tests of the whole, on real engines.

mod embedded;
mod smtp_sessions;
