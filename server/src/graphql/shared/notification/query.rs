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
    /// A page of notifications.
    NotificationConnection, NotificationEdge of Notification, count NotificationCount
}

/// Counts when asked.
pub struct NotificationCount {
    unread_only: bool,
}

impl NotificationCount {
    async fn count(ctx: &Context<'_>, unread_only: bool) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let count =
            queries::count(&mut *caller.conn().await?, &caller.actor()?.membership, unread_only).await;
        queried(caller, count)
    }
}

#[Object]
impl NotificationCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Self::count(ctx, self.unread_only).await
    }

    /// How many of all are not marked as read.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Self::count(ctx, true).await
    }
}

/// Queries about notifications.
#[derive(Debug, Default)]
pub struct NotificationQuery;

#[Object]
impl NotificationQuery {
    /// What the viewer was told, the newest first (D-11). Clients are given none.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether to leave out what is marked as read.", default)] unread_only: bool,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<NotificationConnection, ApiError> {
        let caller = Caller::of(ctx);
        let membership = &caller.actor()?.membership;
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, membership, unread_only, &part).await;
        let page = queried(caller, page)?;
        Ok(NotificationConnection::new(
            page,
            NotificationCount { unread_only },
            queries::cursor,
            Notification,
        ))
    }
}
