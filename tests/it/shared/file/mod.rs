//! Files: uploads, verification, attachments, downloads (A-09, B-09, D-08, F-07).

mod abilities;
mod attach;
pub mod hand;
mod local;
mod own;
mod s3;
mod store;
mod sweep;
mod upload;
mod verify;
