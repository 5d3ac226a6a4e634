//! Files: from the announcement of an upload to the download (A-09, D-08, F-07).
//!
//! A file is `PENDING` while its uploader sends it to a signed address, `STAGED` while a worker looks at it,
//! and only `STORED` ones exist for others. It has one owner of several kinds, and one way to it: [`owner::visible`].
//! What is done with the bytes themselves belongs to the rooms that have a store for them.

pub mod digest;
pub mod download;
pub mod expiry;
pub mod key;
pub mod kind;
pub mod model;
pub mod owner;
pub mod queries;
pub mod rules;
pub mod upload;
pub mod verdict;
