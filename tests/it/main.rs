//! Tests of the whole, on real engines.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod demo;
mod documents;
mod edges;
mod email;
mod embedded;
mod export;
mod file;
mod firm_settings;
mod hostile;
mod jobs;
mod live;
mod mail_catcher;
mod mail_dkim;
mod node;
mod notification;
mod people;
mod people_api;
mod permissions;
mod processes;
mod sign_in;
mod smtp_pool;
mod smtp_sessions;
mod statements;
mod tables;
mod ticket;
mod websocket;
