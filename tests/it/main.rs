//! Tests of the whole program with real engines.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod benchmarks;
mod dashboards;
mod demo;
mod desk;
mod documents;
mod edges;
mod embedded;
mod hostile;
mod input;
mod jobs;
mod live;
mod mail_catcher;
mod mail_dkim;
mod month;
mod node;
mod people;
mod permissions;
mod processes;
mod shared;
mod smtp_pool;
mod smtp_sessions;
mod statements;
mod tables;
mod websocket;
