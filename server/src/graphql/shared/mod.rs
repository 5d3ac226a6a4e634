//! What any thing can have: files, conversations, notifications, mails.

pub mod author;
pub mod conversation;
pub mod email_delivery;
pub mod file;
pub mod notification;
