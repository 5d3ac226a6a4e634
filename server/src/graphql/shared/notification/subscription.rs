//! Notifications, live (D-11).

use async_graphql::{Context, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::id::{AccessId, Id, MessageId, NotificationId, StaffId, TicketId};
use guichet_schema::shared::notification::queries;

use super::types::Notification;
use crate::graphql::follow::{FeedNews, FeedPosition, Followed, Onlooker, Shows, follow};
use crate::graphql::loaders::fault;
use crate::graphql::payload::Revision;
use guichet_edge::{ApiError, MESSAGE_LENGTH};

/// New notifications of the viewer.
#[derive(SimpleObject)]
pub struct NotificationsChanged {
    /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
    cursor: String,
    /// The revision of this message, comparable with that of a mutation.
    revision: Option<Revision>,
    /// Whether the client must read the notifications again now, because the following messages build on the
    /// new result. True in the first message without `after`, after a long absence, when some were marked as
    /// read, when too much changed at once, and when the rights of the viewer changed.
    reload: bool,
    /// The new notifications, oldest first. The result of reading again includes them; when `reload` is true,
    /// this list may be incomplete.
    added: Vec<Notification>,
}

/// Notifications, live.
#[derive(Debug, Default)]
pub struct NotificationSubscription;

#[Subscription]
impl NotificationSubscription {
    /// Sends new notifications of the viewer. Changes of the objects they refer to are sent by other
    /// subscriptions. Available to staff; clients receive no messages.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<NotificationsChanged, ApiError>>, ApiError> {
        follow(ctx, after, Notifications).await
    }
}

/// All of the viewer's.
pub struct Notifications;

impl Followed for Notifications {
    type Message = NotificationsChanged;

    // Nothing is embedded: whatever has all be read anew comes beside new ones, which are told.
    const SHOWS: Shows = Shows {
        elsewhere: &[TicketId::NOUN, MessageId::NOUN, StaffId::NOUN, AccessId::NOUN],
        ..Shows::of("notifications")
    };

    async fn reload(
        &self,
        FeedPosition { cursor, revision }: FeedPosition,
        _: &Onlooker,
    ) -> Result<NotificationsChanged, ApiError> {
        Ok(NotificationsChanged { cursor, revision, reload: true, added: Vec::new() })
    }

    async fn news(
        &self,
        place: FeedPosition,
        news: &FeedNews,
    ) -> Result<Option<NotificationsChanged>, ApiError> {
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
        let (added, FeedPosition { cursor, revision }) =
            (added.into_iter().map(Notification).collect(), place);
        Ok(Some(NotificationsChanged { cursor, revision, reload, added }))
    }
}
