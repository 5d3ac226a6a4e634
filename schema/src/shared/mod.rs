//! What any thing can have: files, notifications, mails.

pub mod email_delivery;
pub mod file;
pub mod notification;
