//! Tests of the whole, on real engines.

mod edges;
mod embedded;
mod smtp_pool;
mod smtp_sessions;
