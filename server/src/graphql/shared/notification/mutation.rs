//! What staff do about notifications.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use guichet_base::error::Result;
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::shared::notification::commands::{self, Mark};
use guichet_schema::shared::notification::{preferences, queries};

use super::types::{NotificationKind, NotificationPreferences};
use crate::graphql::caller::Caller;
use crate::graphql::payload::{Outcome, id, ids, outcome, payload, queried};

/// What is read: exactly one of these.
#[derive(Debug, OneofObject)]
pub enum NotificationMarkReadInput {
    /// Exactly these, 1 to 100.
    Ids(Vec<ID>),
    /// This one and all before it. Times are those of acts, not of commits, so it may cover one that came meanwhile
    /// and was not shown: who must be exact names `ids`.
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
    /// What became of a `notificationMarkRead`.
    NotificationMarkReadPayload {
        /// How many are not marked as read now, also when the mark was refused.
        unread_count: i64,
    }
}

/// How a staff member wants to be told.
#[derive(Debug, InputObject)]
pub struct NotificationPreferencesSetInput {
    /// What it wants to be told by mail too: these kinds, and no others.
    by_mail: Vec<NotificationKind>,
}

payload! {
    /// What became of a `notificationPreferencesSet`.
    NotificationPreferencesSetPayload {
        /// How the viewer is told now; null for clients.
        notification_preferences: Option<NotificationPreferences>,
    }
}

/// Acts on notifications.
#[derive(Debug, Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Marks notifications as read, for the viewer alone. Staff.
    async fn notification_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the viewer has read.")] input: NotificationMarkReadInput,
    ) -> Result<NotificationMarkReadPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async { commands::mark_read(&caller.store, actor, input.mark()?).await };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        let unread = queries::count(&mut *caller.conn().await?, &actor.membership, true).await;
        Ok(NotificationMarkReadPayload { unread_count: queried(caller, unread)?, user_errors, revision })
    }

    /// Sets what the viewer is told by mail too (D-11). Staff.
    async fn notification_preferences_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it wants.")] input: NotificationPreferencesSetInput,
    ) -> Result<NotificationPreferencesSetPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let kinds = input.by_mail.into_iter().map(Into::into).collect();
        let result = preferences::set(&caller.store, actor, kinds).await;
        let Outcome { user_errors, revision, .. } = outcome(caller, result)?;
        let notification_preferences = match &actor.membership {
            Membership::Staff(staff) => Some(NotificationPreferences::of(caller, staff).await?),
            Membership::Portal(_) => None,
        };
        Ok(NotificationPreferencesSetPayload { notification_preferences, user_errors, revision })
    }
}
