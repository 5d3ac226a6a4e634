//! Finding notifications.

use async_graphql::{Context, Object};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::shared::notification::queries;

use super::types::Notification;
use crate::graphql::caller::Caller;
use crate::graphql::page::connection;
use crate::graphql::payload::queried;

connection! {
    /// A page of the list of notifications.
    NotificationConnection, NotificationEdge of Notification, count NotificationCount
}

/// Counts only when requested.
pub struct NotificationCount {
    unread_only: bool,
}

impl NotificationCount {
    async fn count(ctx: &Context<'_>, unread_only: bool) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let mut conn = caller.reading().conn().await?;
        queried(caller, queries::count(&mut conn, &caller.actor()?.membership, unread_only).await)
    }
}

#[Object]
impl NotificationCount {
    /// The number of items on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Self::count(ctx, self.unread_only).await
    }

    /// The number of unread notifications of the viewer, regardless of `unreadOnly`.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Self::count(ctx, true).await
    }
}

/// Queries about notifications.
#[derive(Debug, Default)]
pub struct NotificationQuery;

#[Object]
impl NotificationQuery {
    /// Returns the list of notifications of the viewer, newest first. Empty for clients.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether to return only unread notifications.", default)] unread_only: bool,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<NotificationConnection, ApiError> {
        let caller = Caller::of(ctx);
        let membership = &caller.actor()?.membership;
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, membership, unread_only, &part).await;
        let page = queried(caller, page)?;
        Ok(NotificationConnection::new(
            page,
            NotificationCount { unread_only },
            queries::position,
            Notification,
        ))
    }
}
