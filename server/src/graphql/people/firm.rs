//! Firms.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object};
use guichet_base::id::FirmId;
use guichet_edge::ApiError;
use guichet_engine::actor;
use guichet_schema::people::firm::commands::{self, UpdateFirm};
use guichet_schema::people::firm::{model, queries};
use guichet_schema::people::rights::FirmAct::FirmUpdate;

use crate::graphql::ability::{Ability, FirmAct, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{Loads, fault, load};
use crate::graphql::payload::{Outcome, api_id, outcome, patch, payload};
use crate::graphql::scalars::Locale;

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

    /// Where answers to its mails go; null when nobody reads them: mails then ask for answers in the portal.
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

    /// Counts the changes of its settings, for `expectedVersion`.
    async fn version(&self, ctx: &Context<'_>) -> Result<Option<i32>, ApiError> {
        self.internal(ctx, self.0.version)
    }

    /// What the viewer may do with it, one entry an act.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<FirmAct>>, ApiError> {
        Ok(abilities(&Caller::of(ctx).actor()?.membership, &[FirmUpdate]))
    }
}

/// Changes of the firm's settings: what is left out stays as it is. Country and money stay in any case.
#[derive(Debug, InputObject)]
pub struct FirmUpdateInput {
    /// The version that the editor read; another one is a `CONFLICT`.
    expected_version: i32,
    /// Its name; up to 200 characters.
    name: Option<String>,
    /// Its language. Clients and accounts keep theirs.
    locale: Option<Locale>,
    /// The IANA name of its time zone. Due dates that are set stay.
    zone: Option<String>,
    /// The sender of its mails (F-06). Mails that wait go out under the new one.
    mail_from: Option<String>,
    /// Where answers to its mails go; null when nobody reads them.
    mail_reply_to: MaybeUndefined<String>,
    /// How far its members see (B-15).
    member_reach: Option<MemberReach>,
    /// Days in which a client may reopen a closed ticket (D-02), 0 to 3650; 0 when it may not.
    client_reopen_days: Option<i32>,
    /// Days from finishing a ticket to the due date of its charge (D-10), 0 to 3650. Charges that are there stay.
    charge_due_days: Option<i32>,
}

impl FirmUpdateInput {
    fn read(self) -> UpdateFirm {
        UpdateFirm {
            expected_version: self.expected_version,
            name: self.name,
            locale: self.locale.map(Into::into),
            zone: self.zone,
            mail_from: self.mail_from,
            mail_reply_to: patch(self.mail_reply_to),
            member_reach: self.member_reach.map(Into::into),
            client_reopen_days: self.client_reopen_days,
            charge_due_days: self.charge_due_days,
        }
    }
}

payload! {
    /// What became of a `firmUpdate`.
    FirmUpdatePayload {
        /// The firm as it stands now, also when the act was refused.
        firm: Option<Firm>,
    }
}

/// Acts on the viewer's firm.
#[derive(Debug, Default)]
pub struct FirmMutation;

#[Object]
impl FirmMutation {
    /// Changes the settings of the viewer's firm. Owners.
    async fn firm_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: FirmUpdateInput,
    ) -> Result<FirmUpdatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = commands::update(&caller.store, actor, input.read()).await;
        let Outcome { user_errors, revision, .. } = outcome(caller, result)?;
        Ok(FirmUpdatePayload { firm: load(ctx, actor.firm_id()).await?, user_errors, revision })
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
