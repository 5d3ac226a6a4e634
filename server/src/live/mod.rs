//! What moves: the feeds of the firms that somebody of this process looks at (F-01).
//!
//! One reader a firm reads new events once, however many look on ([`hub`], [`reader`]). It hands them on in
//! [`Batch`]es, with room for what is loaded about them once for all who see the same. Whoever looks on
//! [`Follower`]s the feed at its own pace: no queue grows for a slow one, who reads from the database what
//! the reader no longer keeps, and is told to reload where that is gone too.

mod batch;
mod follower;
mod hub;
mod reader;

pub use batch::Batch;
pub use follower::{Follower, Step};
pub use hub::Live;
