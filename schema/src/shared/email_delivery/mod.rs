//! E-mail deliveries: one mail to one recipient, and its status (D-04, F-02, F-06).

pub mod announce;
pub mod commands;
pub mod content;
pub mod held;
pub mod kind;
pub mod letter;
pub mod model;
pub mod outcome;
pub mod queries;
pub mod retry;
pub mod rules;
