//! What staff do about notifications.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use guichet_base::error::Result;
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::shared::notification::commands::{self, Mark};
use guichet_schema::shared::notification::{preferences, queries};

use super::types::{NotificationKind, NotificationPreferences};
use crate::graphql::caller::Caller;
use crate::graphql::payload::{MutationOutcome, act, id, ids, payload, queried};

/// Input for `notificationMarkRead`: the notifications to mark as read; exactly one of the fields.
#[derive(Debug, OneofObject)]
pub enum NotificationMarkReadInput {
    /// The IDs of the notifications, 1 to 100.
    Ids(Vec<ID>),
    /// The ID of a notification: it and all earlier ones are marked. Notifications are ordered by the time of
    /// their action, so this may include one that arrived in the meantime and was not shown; use `ids` to be
    /// exact.
    UpToId(ID),
}

impl NotificationMarkReadInput {
    fn mark(&self) -> Result<Mark> {
        Ok(match self {
            Self::Ids(given) => Mark::These(ids("ids", given)?),
            Self::UpToId(given) => Mark::UpTo(id("upToId", given)?),
        })
    }
}

payload! {
    /// The result of `notificationMarkRead`.
    NotificationMarkReadPayload {
        /// The number of unread notifications now, also when there are errors.
        unread_count: i64,
    }
}

/// Input for `notificationPreferencesSet`: the preferences of the viewer.
#[derive(Debug, InputObject)]
pub struct NotificationPreferencesSetInput {
    /// The kinds of notifications that are also sent by mail; not those that are never mailed. The list replaces the existing one.
    by_mail: Vec<NotificationKind>,
}

payload! {
    /// The result of `notificationPreferencesSet`.
    NotificationPreferencesSetPayload {
        /// The current preferences of the viewer; null for clients.
        notification_preferences: Option<NotificationPreferences>,
    }
}

/// Acts on notifications.
#[derive(Debug, Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Marks notifications of the viewer as read.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`.
    async fn notification_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: NotificationMarkReadInput,
    ) -> Result<NotificationMarkReadPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::mark_read(store, actor, input.mark()?).await).await?;
        let unread = queries::count(&mut *caller.conn().await?, &actor.membership, true).await;
        Ok(NotificationMarkReadPayload { unread_count: queried(caller, unread)?, user_errors, revision })
    }

    /// Sets which notifications the viewer also receives by mail.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `OUT_OF_RANGE`.
    async fn notification_preferences_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: NotificationPreferencesSetInput,
    ) -> Result<NotificationPreferencesSetPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let kinds = input.by_mail.into_iter().map(Into::into).collect();
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| preferences::set(store, actor, kinds).await).await?;
        let notification_preferences = match &actor.membership {
            Membership::Staff(staff) => Some(NotificationPreferences::of(caller, staff).await?),
            Membership::Portal(_) => None,
        };
        Ok(NotificationPreferencesSetPayload { notification_preferences, user_errors, revision })
    }
}
