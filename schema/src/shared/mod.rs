//! What any thing can have: files, conversations, histories, notifications, mails.

pub mod attachment;
pub mod conversation;
pub mod email_delivery;
pub mod file;
pub mod history;
pub mod notification;
pub mod sender;
pub mod visibility;
