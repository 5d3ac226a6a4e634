//! Sessions: who is signed in, and as what (B-06, B-13).

pub mod acceptance;
pub mod commands;
mod credentials;
pub mod model;
pub mod profile;
pub mod queries;
pub mod rules;
