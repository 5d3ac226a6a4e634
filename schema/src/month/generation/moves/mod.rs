//! Due dates that move (C-11): when a rule, an extension, a calendar or a client's record changes, open tasks keep their
//! dates until a person has seen which would move, from when to when and why, and lets them. What a person set, and what
//! is closed, never moves.

pub mod apply;
pub mod certain;
pub mod commands;
pub mod find;
pub mod open;
pub mod rules;
