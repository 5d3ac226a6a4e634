//! The HTTP edge around a small schema, without a socket.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod client;
mod cost;
mod errors;
mod graphiql;
mod http;
mod layers;
mod metrics;
mod sample;
