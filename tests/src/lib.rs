//! The test harness.

pub mod app;
pub mod authority;
pub mod bench;
pub mod chaos;
pub mod clamd;
pub mod clock;
pub mod counting;
pub mod database;
pub mod dns;
pub mod front;
pub mod gate;
pub mod http;
pub mod live;
pub mod object_store;
pub mod permissions;
pub mod place;
pub mod process;
pub mod recurring;
pub mod redis;
pub mod report;
pub mod smtp;
pub mod vocabulary;
pub mod wait;
pub mod websocket;
pub mod world;
