//! Live updates: the feeds of the firms that this process follows (F-01).
//!
//! One reader per firm reads new events once for all followers ([`hub`], [`reader`]). It passes them on in
//! [`EventBatch`]es, which cache the data loaded about them for all who see the same. A [`Follower`] reads at its own
//! pace: a slow one fills no queue, but reads from the database what the reader no longer keeps, and reloads when
//! events are gone there too.

mod batch;
mod follower;
mod hub;
mod reader;

pub use batch::EventBatch;
pub use follower::{Follower, Step};
pub use hub::Live;
