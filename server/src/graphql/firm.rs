//! Firms.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, Object};
use guichet_schema::actor;
use guichet_schema::firm::{model, queries};
use guichet_schema::id::FirmId;

use super::caller::Caller;
use super::loaders::{Loads, fault};
use super::payload::api_id;
use super::scalars::Locale;
use crate::edge::ApiError;

/// How far the members of a firm see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "actor::MemberReach")]
pub enum MemberReach {
    /// All clients.
    All,
    /// Their departments and their portfolio only.
    Own,
}

/// A firm.
#[derive(Debug, Clone)]
pub struct Firm(pub model::Firm);

impl Firm {
    /// A setting that is the firm's own affair: null for its clients.
    fn internal<T>(&self, ctx: &Context<'_>, setting: T) -> Result<Option<T>, ApiError> {
        Ok(Caller::of(ctx).scope()?.is_staff().then_some(setting))
    }
}

/// A firm that serves clients. Its settings are null for those.
#[Object]
impl Firm {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its language.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }

    /// The IANA name of the time zone in which its due dates are dates.
    async fn zone(&self) -> &str {
        self.0.zone.name()
    }

    /// ISO 3166-1 alpha-2 code of its country.
    async fn country(&self) -> &str {
        &self.0.country
    }

    /// ISO 4217 code of its money.
    async fn currency(&self) -> &str {
        &self.0.currency
    }

    /// The sender of its mails (F-06).
    async fn mail_from(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        self.internal(ctx, &*self.0.mail_from)
    }

    /// Where answers to its mails go; null when they go to the sender.
    async fn mail_reply_to(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Ok(self.internal(ctx, self.0.mail_reply_to.as_deref())?.flatten())
    }

    /// How far its members see (B-15).
    async fn member_reach(&self, ctx: &Context<'_>) -> Result<Option<MemberReach>, ApiError> {
        self.internal(ctx, self.0.member_reach.into())
    }

    /// Days in which a client may reopen a closed ticket (D-02); 0 when it may not.
    async fn client_reopen_days(&self, ctx: &Context<'_>) -> Result<Option<i32>, ApiError> {
        self.internal(ctx, self.0.client_reopen_days)
    }

    /// Days from finishing a ticket to the due date of its charge (D-10).
    async fn charge_due_days(&self, ctx: &Context<'_>) -> Result<Option<i32>, ApiError> {
        self.internal(ctx, self.0.charge_due_days)
    }
}

/// The viewer's own firm; another does not exist (B-14).
impl Loader<FirmId> for Loads {
    type Value = Firm;
    type Error = ApiError;

    async fn load(&self, ids: &[FirmId]) -> Result<HashMap<FirmId, Firm>, ApiError> {
        let scope = self.scope();
        if !ids.contains(&scope.firm_id()) {
            return Ok(HashMap::new());
        }
        let firm = queries::find(&mut *self.conn().await?, &scope).await.map_err(fault)?;
        Ok(HashMap::from([(firm.id, Firm(firm))]))
    }
}
