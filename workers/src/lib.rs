//! workers

pub mod mail;
