//! Notifications: what staff are told (D-11).

mod mutation;
mod query;
mod subscription;
mod types;

pub use mutation::NotificationMutation;
pub use query::NotificationQuery;
pub use subscription::{NotificationSubscription, Notifications};
pub use types::{Notification, NotificationPreferences};
