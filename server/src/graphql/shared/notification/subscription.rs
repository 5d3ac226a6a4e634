//! Notifications, live (D-11).

use async_graphql::{Context, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::id::NotificationId;
use guichet_engine::feed::queries::Entry;
use guichet_schema::shared::notification::queries;

use super::types::Notification;
use crate::edge::{ApiError, MESSAGE_LENGTH};
use crate::graphql::follow::{Followed, News, Place, follow};
use crate::graphql::loaders::fault;
use crate::graphql::payload::Revision;

/// What the viewer is told.
#[derive(SimpleObject)]
pub struct NotificationsChanged {
    /// Where this message leads to: after a lost connection, subscribe with it as `after`.
    cursor: String,
    /// The same as a revision, to be compared with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// Whether to read the notifications anew, now: what comes next builds on it. So it is in the first
    /// message without `after`, after too long an absence, when some were marked as read, when very many came at
    /// once, and when what the viewer may see changed.
    reload: bool,
    /// New notifications, oldest first. What is read anew holds them too, and beside `reload` those here may be
    /// fewer.
    added: Vec<Notification>,
}

/// Notifications, live.
#[derive(Debug, Default)]
pub struct NotificationSubscription;

#[Subscription]
impl NotificationSubscription {
    /// New notifications of the viewer (D-11). What they refer to is told of by other subscriptions. Staff only:
    /// clients are told nothing.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what follows this cursor of an earlier message.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<NotificationsChanged, ApiError>>, ApiError> {
        follow(ctx, after, Notifications).await
    }
}

/// All of the viewer's.
struct Notifications;

impl Followed for Notifications {
    type Message = NotificationsChanged;

    /// Whatever has all be read anew comes beside new ones, which are told: see [`Self::news`].
    fn is_shaken(&self, _: &Entry) -> bool {
        false
    }

    fn reload(&self, Place { cursor, revision }: Place) -> NotificationsChanged {
        NotificationsChanged { cursor, revision, reload: true, added: Vec::new() }
    }

    async fn news(&self, place: Place, news: &News) -> Result<Option<NotificationsChanged>, ApiError> {
        let new: Vec<NotificationId> = news.added().into_iter().collect();
        let too_many = new.len() > MESSAGE_LENGTH;
        // What was told of a ticket comes and goes with it; and some may have been marked as read.
        let reload = too_many || news.moves_subjects() || news.changes::<NotificationId>();
        let mut added = Vec::new();
        if !new.is_empty() && !too_many {
            let onlooker = &news.onlooker;
            let mut conn = onlooker.store.conn().await?;
            added = queries::by_ids(&mut conn, &onlooker.membership, &new).await.map_err(fault)?;
            added.sort_by_key(|notification| (notification.at, notification.id));
        }
        if added.is_empty() && !reload {
            return Ok(None);
        }
        let (added, Place { cursor, revision }) = (added.into_iter().map(Notification).collect(), place);
        Ok(Some(NotificationsChanged { cursor, revision, reload, added }))
    }
}
