//! The edge with a small schema: HTTP without a socket, websockets with one.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod client;
mod connections;
mod cost;
mod errors;
mod graphiql;
mod http;
mod inputs;
mod layers;
mod metrics;
mod sample;
mod websocket;
