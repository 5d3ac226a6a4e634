//! Who is signed in, and as what.

use async_graphql::{Context, Object};
use guichet_edge::ApiError;
use guichet_engine::actor;
use guichet_schema::people::rights;
use guichet_schema::people::session::model::MembershipOption;
use guichet_schema::people::session::queries;
use tokio::sync::OnceCell;

use crate::graphql::ability::{Ability, FirmAct, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load;
use crate::graphql::month::calendar_feed::CalendarFeed;
use crate::graphql::payload::queried;
use crate::graphql::people::account::Account;
use crate::graphql::people::client::Client;
use crate::graphql::people::firm::Firm;
use crate::graphql::people::membership::Membership;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::DateTime;
use crate::graphql::shared::notification::NotificationPreferences;

/// Who is signed in.
#[derive(Debug, Default)]
pub struct Viewer {
    /// Read at most once, however often it is asked for.
    memberships: OnceCell<Vec<MembershipOption>>,
}

impl Viewer {
    async fn options(&self, ctx: &Context<'_>) -> Result<&[MembershipOption], ApiError> {
        let caller = Caller::of(ctx);
        let account = caller.viewer()?.account.id;
        let read = || async {
            let memberships = queries::memberships(&mut *caller.conn().await?, account).await;
            queried(caller, memberships)
        };
        Ok(self.memberships.get_or_try_init(read).await?)
    }
}

/// The viewer: the account that is signed in, and what it acts as.
#[Object]
impl Viewer {
    /// The account.
    async fn account(&self, ctx: &Context<'_>) -> Result<Account, ApiError> {
        Ok(Account(Caller::of(ctx).viewer()?.account.clone()))
    }

    /// The membership that the session uses; null before one is selected, and after it was taken away.
    /// Without a membership only the viewer can be read.
    async fn membership(&self, ctx: &Context<'_>) -> Result<Option<Membership>, ApiError> {
        let Some(current) = Caller::of(ctx).membership() else { return Ok(None) };
        let options = self.options(ctx).await?;
        Ok(options.iter().find(|option| option.membership == *current).map(Membership::from))
    }

    /// The list of memberships that the account can select.
    async fn memberships(&self, ctx: &Context<'_>) -> Result<Vec<Membership>, ApiError> {
        Ok(self.options(ctx).await?.iter().map(Membership::from).collect())
    }

    /// The firm of the membership; null without a membership.
    async fn firm(&self, ctx: &Context<'_>) -> Result<Option<Firm>, ApiError> {
        let Some(membership) = Caller::of(ctx).membership() else { return Ok(None) };
        load(ctx, membership.firm_id()).await
    }

    /// The staff member that the viewer acts as; null for portal users.
    async fn staff_member(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        let Some(actor::Membership::Staff(membership)) = Caller::of(ctx).membership() else {
            return Ok(None);
        };
        load(ctx, membership.id).await
    }

    /// The preferences of the viewer for notifications; null for portal users.
    async fn notification_preferences(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<NotificationPreferences>, ApiError> {
        let caller = Caller::of(ctx);
        match caller.membership() {
            Some(actor::Membership::Staff(staff)) => {
                NotificationPreferences::of(caller, staff).await.map(Some)
            }
            Some(actor::Membership::Portal(_)) | None => Ok(None),
        }
    }

    /// The calendar feed of the membership; null while it has none.
    async fn calendar_feed(&self, ctx: &Context<'_>) -> Result<Option<CalendarFeed>, ApiError> {
        CalendarFeed::of(Caller::of(ctx)).await
    }

    /// The client of the portal user; null for staff.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>, ApiError> {
        let Some(actor::Membership::Portal(membership)) = Caller::of(ctx).membership() else {
            return Ok(None);
        };
        load(ctx, membership.client_id).await
    }

    /// The date and time when the session expires.
    async fn session_expires_at(&self, ctx: &Context<'_>) -> Result<DateTime, ApiError> {
        Ok(DateTime(Caller::of(ctx).viewer()?.expires_at))
    }

    /// The actions that the viewer may or may not perform in the firm, one entry per action; empty without a
    /// membership.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Vec<Ability<FirmAct>> {
        Caller::of(ctx)
            .membership()
            .map(|by| abilities(rights::FirmAct::ALL, |act| rights::may(by, act)))
            .unwrap_or_default()
    }
}

/// Queries about the viewer.
#[derive(Debug, Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Returns the viewer; null when nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        Caller::of(ctx).viewer.as_ref().map(|_| Viewer::default())
    }

    /// Returns a cursor for `after` of the subscriptions. It is taken before anything else in the request is read:
    /// the subscription then continues exactly where the results of this request end, and its first message needs
    /// no reload.
    async fn live_cursor(&self, ctx: &Context<'_>) -> Result<String, ApiError> {
        let caller = Caller::of(ctx);
        caller.actor()?;
        let cursor = caller.cursor().ok_or_else(|| ApiError::internal("the cursor was not fixed"))?;
        Ok(cursor.encode())
    }
}
