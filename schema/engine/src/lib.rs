//! The machinery that knows no business noun: the database, transactions, idempotency, the feed, hints, jobs, and
//! actors.

pub mod actor;
pub mod collation;
pub mod condition;
pub mod db;
pub mod each;
pub mod feed;
pub mod hint;
pub mod idempotency;
pub mod installation;
pub mod job;
pub mod keyset;
pub mod pace;
pub mod pipeline;
pub mod reach;
pub mod search;
pub mod sql;
pub mod store;
pub mod subject;
#[rustfmt::skip]
pub mod tables;
pub mod tally;
pub mod time;
