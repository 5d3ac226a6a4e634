//! Who is signed in, and as what.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use guichet_schema::actor;
use guichet_schema::rights;
use guichet_schema::session::model::HatOption;
use guichet_schema::session::queries;
use tokio::sync::OnceCell;

use super::ability::{Ability, FirmAct, abilities};
use super::account::Account;
use super::caller::Caller;
use super::client::Client;
use super::firm::Firm;
use super::hat::Hat;
use super::loaders::load;
use super::notification::NotificationPreferences;
use super::payload::queried;
use super::staff::StaffMember;
use crate::edge::ApiError;

/// Who is signed in.
#[derive(Debug, Default)]
pub struct Viewer {
    /// Read at most once, however often it is asked for.
    hats: OnceCell<Vec<HatOption>>,
}

impl Viewer {
    async fn options(&self, ctx: &Context<'_>) -> Result<&[HatOption], ApiError> {
        let caller = Caller::of(ctx);
        let account = caller.viewer()?.account.id;
        let read = || async {
            let hats = queries::hats(&mut *caller.conn().await?, account).await;
            queried(caller, hats)
        };
        Ok(self.hats.get_or_try_init(read).await?)
    }
}

/// Who is signed in, and as what (B-13).
#[Object]
impl Viewer {
    /// Who.
    async fn account(&self, ctx: &Context<'_>) -> Result<Account, ApiError> {
        Ok(Account(Caller::of(ctx).viewer()?.account.clone()))
    }

    /// As what it acts; null before a hat is chosen, and again once it is taken away. Without a hat
    /// nothing but the viewer can be read.
    async fn hat(&self, ctx: &Context<'_>) -> Result<Option<Hat>, ApiError> {
        let Some(worn) = Caller::of(ctx).hat() else { return Ok(None) };
        let options = self.options(ctx).await?;
        Ok(options.iter().find(|option| option.hat == *worn).map(Hat::from))
    }

    /// All hats that it may put on now.
    async fn hats(&self, ctx: &Context<'_>) -> Result<Vec<Hat>, ApiError> {
        Ok(self.options(ctx).await?.iter().map(Hat::from).collect())
    }

    /// The firm in which it acts; null without a hat.
    async fn firm(&self, ctx: &Context<'_>) -> Result<Option<Firm>, ApiError> {
        let Some(hat) = Caller::of(ctx).hat() else { return Ok(None) };
        load(ctx, hat.firm_id()).await
    }

    /// The staff member as which it acts; null without such a hat.
    async fn staff_member(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        let Some(actor::Hat::Staff(hat)) = Caller::of(ctx).hat() else { return Ok(None) };
        load(ctx, hat.id).await
    }

    /// How it wants to be told what staff are told (D-11); null without a staff member's hat.
    async fn notification_preferences(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<NotificationPreferences>, ApiError> {
        let caller = Caller::of(ctx);
        match caller.hat() {
            Some(actor::Hat::Staff(staff)) => NotificationPreferences::of(caller, staff).await.map(Some),
            Some(actor::Hat::Portal(_)) | None => Ok(None),
        }
    }

    /// The client for which it acts; null without such a hat.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>, ApiError> {
        let Some(actor::Hat::Portal(hat)) = Caller::of(ctx).hat() else { return Ok(None) };
        load(ctx, hat.client_id).await
    }

    /// When the session ends by itself.
    async fn session_expires_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>, ApiError> {
        Ok(Caller::of(ctx).viewer()?.expires_at)
    }

    /// What it may do in the firm, one entry an act; empty without a hat.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Vec<Ability<FirmAct>> {
        Caller::of(ctx).hat().map(|hat| abilities(hat, rights::FirmAct::ALL)).unwrap_or_default()
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
