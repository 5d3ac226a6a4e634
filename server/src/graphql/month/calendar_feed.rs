//! Calendar feeds: the address to which other programs subscribe.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use guichet_base::id::CalendarFeedId;
use guichet_base::secret::Secret;
use guichet_edge::ApiError;
use guichet_schema::month::calendar_feed::model::{self, NewFeed};
use guichet_schema::month::calendar_feed::{commands, queries};

use crate::calendar;
use crate::graphql::caller::Caller;
use crate::graphql::deployment::Deployment;
use crate::graphql::loaders::{by_ids, load_optional};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, payload, queried};
use crate::graphql::scalars::DateTime;

/// A calendar feed.
#[derive(Debug, Clone)]
pub struct CalendarFeed(pub model::CalendarFeed);

by_ids!(CalendarFeedId => CalendarFeed, membership queries::by_ids);

/// The calendar feed of the viewer, who alone sees it. Its address is a secret, of which only a hash is kept.
#[Object]
impl CalendarFeed {
    /// The ID of the calendar feed, for example `feed_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The date and time when the address was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

impl CalendarFeed {
    /// That of the caller's membership, if it has one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(caller: &Caller) -> Result<Option<Self>, ApiError> {
        let Some(membership) = caller.membership() else { return Ok(None) };
        let found = queries::find(&mut *caller.conn().await?, membership).await;
        Ok(queried(caller, found)?.map(Self))
    }
}

/// The address of a calendar feed. Whoever knows it reads the due dates, without signing in.
#[derive(Debug, SimpleObject)]
pub struct CalendarFeedAddress {
    /// The path of the address on this server, for example `/calendar/Zm9v….ics`.
    path: String,
    /// The whole address; null when this server does not know under which name people reach it.
    url: Option<String>,
}

/// Input for `calendarFeedCreate`.
#[derive(Debug, InputObject)]
pub struct CalendarFeedCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns no address.
    idempotency_key: String,
}

payload! {
    /// The result of `calendarFeedCreate`.
    CalendarFeedCreatePayload {
        /// The feed; null when there are errors.
        calendar_feed: Option<CalendarFeed>,
        /// The address of the feed. It is returned only once: null in the result of a repeated call, and when there are
        /// errors.
        address: Option<CalendarFeedAddress>,
    }
}

/// Input for `calendarFeedRevoke`: the feed to end.
#[derive(Debug, InputObject)]
pub struct CalendarFeedRevokeInput {
    /// The ID of the calendar feed.
    id: ID,
}

payload! {
    /// The result of `calendarFeedRevoke`.
    CalendarFeedRevokePayload {
        /// The ID of the calendar feed that is over; null when there are errors.
        revoked_id: Option<ID>,
    }
}

/// Acts on calendar feeds.
#[derive(Debug, Default)]
pub struct CalendarFeedMutation;

#[Object]
impl CalendarFeedMutation {
    /// Makes a secret address at which calendar programs read the due dates of the viewer's membership: for clients those of
    /// the documents that the viewer can see, for staff those of the viewer's own open tasks. An earlier address of the
    /// membership stops working.
    ///
    /// Available to everybody with a membership.
    ///
    /// Errors: `REQUIRED`, `TOO_LONG`, `IDEMPOTENCY_KEY_REUSED`.
    async fn calendar_feed_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CalendarFeedCreateInput,
    ) -> Result<CalendarFeedCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::create(store, actor, &input.idempotency_key).await)
                .await?;
        let (id, secret) = done.map(|NewFeed { id, secret }| (id, secret)).unzip();
        let address = secret.flatten().map(|secret| address(ctx, &secret));
        let calendar_feed = load_optional(ctx, id).await?;
        Ok(CalendarFeedCreatePayload { calendar_feed, address, user_errors, revision })
    }

    /// Ends the calendar feed of the viewer's membership: its address stops working at once.
    ///
    /// Available to everybody with a membership.
    ///
    /// Errors: `NOT_FOUND`.
    async fn calendar_feed_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CalendarFeedRevokeInput,
    ) -> Result<CalendarFeedRevokePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::revoke(store, actor, id("id", &input.id)?).await).await?;
        Ok(CalendarFeedRevokePayload { revoked_id: done.map(|()| input.id), user_errors, revision })
    }
}

fn address(ctx: &Context<'_>, secret: &Secret) -> CalendarFeedAddress {
    let path = calendar::path(secret);
    let url = ctx.data_unchecked::<Deployment>().public_url.as_ref().map(|base| format!("{base}{path}"));
    CalendarFeedAddress { path, url }
}
