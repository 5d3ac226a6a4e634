//! Obligations: what has to be done for a period by a date, with the versions of their rules and the extensions that
//! authorities granted. A firm adopts those of the shipped catalogue, or writes its own.

pub mod commands;
pub mod model;
pub mod queries;
pub mod rules;
