//! Tasks: the work of the firm's staff, mostly one for each period of a recurring task. No client sees one (C-01).

pub mod assign;
pub mod attachment;
pub mod bulk;
pub(crate) mod case;
pub mod commands;
pub mod comment;
pub mod dates;
pub mod documents;
pub mod history;
pub mod letters;
pub mod list;
pub mod mails;
pub mod model;
pub(crate) mod notify;
pub mod rules;
pub mod status;
