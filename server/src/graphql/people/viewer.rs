//! Who is signed in, and as what.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use guichet_edge::ApiError;
use guichet_engine::actor;
use guichet_schema::people::rights;
use guichet_schema::people::session::model::MembershipOption;
use guichet_schema::people::session::queries;
use tokio::sync::OnceCell;

use crate::graphql::ability::{Ability, FirmAct, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load;
use crate::graphql::payload::queried;
use crate::graphql::people::account::Account;
use crate::graphql::people::client::Client;
use crate::graphql::people::firm::Firm;
use crate::graphql::people::membership::Membership;
use crate::graphql::people::staff::StaffMember;
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

/// Who is signed in, and as what (B-13).
#[Object]
impl Viewer {
    /// Who.
    async fn account(&self, ctx: &Context<'_>) -> Result<Account, ApiError> {
        Ok(Account(Caller::of(ctx).viewer()?.account.clone()))
    }

    /// As what it acts; null before a membership is chosen, and again once it is taken away. Without a membership
    /// nothing but the viewer can be read.
    async fn membership(&self, ctx: &Context<'_>) -> Result<Option<Membership>, ApiError> {
        let Some(worn) = Caller::of(ctx).membership() else { return Ok(None) };
        let options = self.options(ctx).await?;
        Ok(options.iter().find(|option| option.membership == *worn).map(Membership::from))
    }

    /// All memberships that it may put on now.
    async fn memberships(&self, ctx: &Context<'_>) -> Result<Vec<Membership>, ApiError> {
        Ok(self.options(ctx).await?.iter().map(Membership::from).collect())
    }

    /// The firm in which it acts; null without a membership.
    async fn firm(&self, ctx: &Context<'_>) -> Result<Option<Firm>, ApiError> {
        let Some(membership) = Caller::of(ctx).membership() else { return Ok(None) };
        load(ctx, membership.firm_id()).await
    }

    /// The staff member as which it acts; null without such a membership.
    async fn staff_member(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        let Some(actor::Membership::Staff(membership)) = Caller::of(ctx).membership() else {
            return Ok(None);
        };
        load(ctx, membership.id).await
    }

    /// How it wants to be told what staff are told (D-11); null without a staff member's membership.
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

    /// The client for which it acts; null without such a membership.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>, ApiError> {
        let Some(actor::Membership::Portal(membership)) = Caller::of(ctx).membership() else {
            return Ok(None);
        };
        load(ctx, membership.client_id).await
    }

    /// When the session ends by itself.
    async fn session_expires_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>, ApiError> {
        Ok(Caller::of(ctx).viewer()?.expires_at)
    }

    /// What it may do in the firm, one entry an act; empty without a membership.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Vec<Ability<FirmAct>> {
        Caller::of(ctx)
            .membership()
            .map(|membership| abilities(membership, rights::FirmAct::ALL))
            .unwrap_or_default()
    }
}

/// Queries about the viewer.
#[derive(Debug, Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who is signed in; null when nobody is.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        Caller::of(ctx).viewer.as_ref().map(|_| Viewer::default())
    }
}
