//! Firms.

use std::collections::HashMap;
use std::convert::identity;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use guichet_base::id::FirmId;
use guichet_edge::ApiError;
use guichet_engine::actor;
use guichet_schema::people::firm::commands::{self, UpdateFirm};
use guichet_schema::people::firm::{model, queries};
use guichet_schema::people::rights::FirmAct::FirmUpdate;

use crate::graphql::ability::{Ability, FirmAct, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{Loads, fault, load};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::{MutationOutcome, act, api_id, patch, payload};
use crate::graphql::scalars::Locale;

mirror!(MemberReach => actor::MemberReach);

/// A firm.
#[derive(Debug, Clone)]
pub struct Firm(pub model::Firm);

/// An office that serves clients: a tenant. Clients see its name, language, time zone, country and currency;
/// its other settings are null for them.
#[Object]
impl Firm {
    /// The ID of the firm, for example `firm_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name of the firm.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The language of the firm.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }

    /// The IANA name of the time zone of the firm, in which its due dates are interpreted, for example
    /// `America/Sao_Paulo`.
    async fn zone(&self) -> &str {
        self.0.zone.name()
    }

    /// The ISO 3166-1 alpha-2 code of the country, for example `BR`.
    async fn country(&self) -> &str {
        &self.0.country
    }

    /// The ISO 4217 code of the currency, for example `BRL`.
    async fn currency(&self) -> &str {
        &self.0.currency
    }

    /// The sender address of the mails of the firm.
    async fn mail_from(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Caller::of(ctx).internal(&*self.0.mail_from)
    }

    /// The address for replies to the mails of the firm; null when nobody reads replies: mails then ask
    /// recipients to reply in the portal.
    async fn mail_reply_to(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Ok(Caller::of(ctx).internal(self.0.mail_reply_to.as_deref())?.flatten())
    }

    /// Which clients and tickets the members of the firm can see.
    async fn member_reach(&self, ctx: &Context<'_>) -> Result<Option<MemberReach>, ApiError> {
        Caller::of(ctx).internal(self.0.member_reach.into())
    }

    /// The number of days within which a client may reopen a closed ticket; 0 when clients may not reopen
    /// tickets.
    async fn client_reopen_days(&self, ctx: &Context<'_>) -> Result<Option<i32>, ApiError> {
        Caller::of(ctx).internal(self.0.client_reopen_days)
    }

    /// The number of days from finishing a ticket to the due date of its charge.
    async fn charge_due_days(&self, ctx: &Context<'_>) -> Result<Option<i32>, ApiError> {
        Caller::of(ctx).internal(self.0.charge_due_days)
    }

    /// The version of the settings. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self, ctx: &Context<'_>) -> Result<Option<i32>, ApiError> {
        Caller::of(ctx).internal(self.0.version)
    }

    /// The actions that the viewer may or may not perform on the firm, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<FirmAct>>, ApiError> {
        Ok(abilities(&Caller::of(ctx).actor()?.membership, &[FirmUpdate], identity))
    }
}

/// Input for `firmUpdate`: the changes to the settings of the firm. An omitted field keeps its value. Country
/// and currency cannot be changed.
#[derive(Debug, InputObject)]
pub struct FirmUpdateInput {
    /// The version that was read. If the settings have another version now, nothing is changed and the error
    /// is `CONFLICT`.
    expected_version: i32,
    /// The name of the firm; 1 to 200 characters.
    name: Option<String>,
    /// The language of the firm. Clients and accounts keep theirs.
    locale: Option<Locale>,
    /// The IANA name of the time zone, for example `America/Sao_Paulo`. Existing due dates do not change.
    zone: Option<String>,
    /// The sender address of mails. Queued mails are sent with the new address.
    mail_from: Option<String>,
    /// The address for replies to mails; null when nobody reads replies.
    mail_reply_to: MaybeUndefined<String>,
    /// Which clients and tickets the members of the firm can see.
    member_reach: Option<MemberReach>,
    /// The number of days within which a client may reopen a closed ticket, 0 to 3650; 0 when clients may not
    /// reopen tickets.
    client_reopen_days: Option<i32>,
    /// The number of days from finishing a ticket to the due date of its charge, 0 to 3650. Existing charges
    /// do not change.
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
    /// The result of `firmUpdate`.
    FirmUpdatePayload {
        /// The firm in its current state, also when there are errors.
        firm: Option<Firm>,
    }
}

/// Acts on the viewer's firm.
#[derive(Debug, Default)]
pub struct FirmMutation;

#[Object]
impl FirmMutation {
    /// Changes the settings of the firm.
    ///
    /// Requires the role `OWNER`.
    ///
    /// Errors: `NOT_ALLOWED`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_EMAIL`,
    /// `OUT_OF_RANGE`.
    async fn firm_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmUpdateInput,
    ) -> Result<FirmUpdatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::update(store, actor, input.read()).await).await?;
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
        self.once(vec![scope.firm_id()], async |_| {
            let firm = queries::find(&mut *self.conn().await?, &scope).await.map_err(fault)?;
            Ok(HashMap::from([(firm.id, Firm(firm))]))
        })
        .await
    }
}
