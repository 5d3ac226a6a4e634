//! What is shown of a notification.

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::id::{NotificationId, TicketId};
use guichet_edge::ApiError;
use guichet_engine::actor::StaffMembership;
use guichet_schema::shared::notification::{model, preferences, queries};

use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::{Ticket, TicketMessage};
use crate::graphql::loaders::{by_ids, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::node::{self, Node};
use crate::graphql::payload::{api_id, queried};
use crate::graphql::scalars::DateTime;
use crate::graphql::shared::author::{Author, author};

mirror!(NotificationKind => model::NotificationKind);

/// A notification.
#[derive(Debug, Clone)]
pub struct Notification(pub model::Notification);

by_ids!(NotificationId => Notification, membership queries::by_ids);

/// A notification of a staff member about an action. Only its recipient can see it, as long as the recipient
/// can see its subject.
#[Object]
impl Notification {
    /// The ID of the notification, for example `notification_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The kind of the notification.
    async fn kind(&self) -> NotificationKind {
        self.0.kind.into()
    }

    /// The object that the notification is about; null when the viewer can no longer see it.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Node>, ApiError> {
        node::of(ctx, self.0.subject).await
    }

    /// The ticket that the notification is about; null when it is about something else.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>, ApiError> {
        load_optional(ctx, self.0.subject.id::<TicketId>()).await
    }

    /// The message of the client; null for other kinds.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<TicketMessage>, ApiError> {
        load_optional(ctx, self.0.message_id).await
    }

    /// The number of tasks that the action concerned; null for other kinds. It grows while the action goes on.
    async fn count(&self) -> Option<i32> {
        self.0.count
    }

    /// The person who performed the action; null when the system performed it by itself.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Author>, ApiError> {
        match self.0.author() {
            Some(by) => author(ctx, by).await.map(Some),
            None => Ok(None),
        }
    }

    /// The date and time of the action.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The date and time when the viewer marked the notification as read; null while it is unread.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.read_at.map(DateTime)
    }
}

/// The preferences of a staff member for notifications. Only that person can read and change them.
#[derive(Debug, SimpleObject)]
pub struct NotificationPreferences {
    /// The kinds of notifications that are also sent by mail; none by default. Live updates include all
    /// kinds.
    by_mail: Vec<NotificationKind>,
}

impl NotificationPreferences {
    /// Those of the staff member as which the caller acts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(caller: &Caller, staff: &StaffMembership) -> Result<Self, ApiError> {
        let kinds = preferences::by_mail(&mut *caller.conn().await?, staff).await;
        Ok(Self { by_mail: queried(caller, kinds)?.into_iter().map(Into::into).collect() })
    }
}
