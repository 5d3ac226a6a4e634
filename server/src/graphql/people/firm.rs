//! Firms.

use std::collections::HashMap;
use std::convert::identity;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::NaiveDate;
use guichet_base::email::Email;
use guichet_base::id::FirmId;
use guichet_edge::ApiError;
use guichet_engine::actor::{self, Actor};
use guichet_engine::store::{Done, Store};
use guichet_schema::people::firm::commands::{self, UpdateFirm};
use guichet_schema::people::firm::day::{FirmClock, clocks};
use guichet_schema::people::firm::{model, queries, senders as proofs};
use guichet_schema::people::rights::{self, FirmAct::FirmUpdate};
use guichet_schema::shared::sender::{
    self,
    model::SenderProof,
    queries::of_firm,
    rules::{SenderPolicy, TxtRecord, Wish},
};
use guichet_workers::senders::Senders;

use crate::graphql::ability::{Ability, FirmAct, abilities_by_right};
use crate::graphql::caller::Caller;
use crate::graphql::deployment::Deployment;
use crate::graphql::loaders::{Loads, fault, keyed, load, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::{MutationOutcome, act, api_id, patch, payload};
use crate::graphql::scalars::{DateTime, Locale};

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

    /// The sender address from which the firm wishes to write; `sender` tells whether its mails come from there.
    async fn mail_from(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Caller::of(ctx).internal(&*self.0.mail_from)
    }

    /// The address for replies to the mails of the firm; null when nobody reads replies: mails then ask
    /// recipients to reply in the portal.
    async fn mail_reply_to(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Ok(Caller::of(ctx).internal(self.0.mail_reply_to.as_deref())?.flatten())
    }

    /// From which address the mails of the firm come, and the DNS record by which the firm proves that it may write
    /// from its own. Visible to its owners only.
    async fn sender(&self, ctx: &Context<'_>) -> Result<Option<FirmSender>, ApiError> {
        let caller = Caller::of(ctx);
        if rights::may(&caller.actor()?.membership, FirmUpdate).is_err() {
            return Ok(None);
        }
        let proof = of_firm(&mut *caller.conn().await?, self.0.id).await.map_err(fault)?;
        Ok(Some(FirmSender { firm: self.0.clone(), proof, policy: senders(ctx).policy.clone() }))
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

    /// Whether clients may hand files in after the work is done. Such a file is marked as late, and the assignee is
    /// notified.
    async fn accepts_late_files(&self, ctx: &Context<'_>) -> Result<Option<bool>, ApiError> {
        Caller::of(ctx).internal(self.0.late_files)
    }

    /// The version of the settings. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self, ctx: &Context<'_>) -> Result<Option<i32>, ApiError> {
        Caller::of(ctx).internal(self.0.version)
    }

    /// The actions that the viewer may or may not perform on the firm, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<FirmAct>>, ApiError> {
        abilities_by_right(ctx, &[FirmUpdate], identity)
    }
}

mirror!(FirmSenderState => sender::model::SenderState);

mirror!(FirmSenderFinding => sender::model::SenderFinding);

/// The sender of a firm.
pub struct FirmSender {
    firm: model::Firm,
    proof: Option<SenderProof>,
    policy: SenderPolicy,
}

impl FirmSender {
    fn wish(&self) -> Wish<'_> {
        let model::Firm { mail_from, mail_reply_to, .. } = &self.firm;
        Wish { mail_from, reply_to: mail_reply_to.as_deref(), proof: self.proof.as_ref() }
    }

    /// The address from which the firm wishes to write.
    fn own(&self) -> Option<Email> {
        Email::parse(&self.firm.mail_from)
    }

    /// What is known about this domain.
    fn known(&self) -> Option<&SenderProof> {
        let own = self.own()?;
        self.proof.as_ref().filter(|proof| proof.domain == own.domain())
    }
}

/// From which address the mails of a firm come. A firm writes from its own address, `mailFrom`, if the operator of
/// this server allows the domain, or if the firm has published a DNS record there. Until then its mails come from the
/// address of the operator, under the name of the firm, and replies go to the firm.
#[Object]
impl FirmSender {
    /// Whether mails come from the address of the firm.
    async fn state(&self) -> FirmSenderState {
        self.wish().state(&self.policy).into()
    }

    /// The domain of `mailFrom`, in ASCII; null when that is not a valid address.
    async fn domain(&self) -> Option<String> {
        self.own().map(|own| own.domain().to_owned())
    }

    /// The DNS record to publish, and then to check with `firmSenderCheck`. It is of this firm and this domain alone, and
    /// no secret; it must stay. Null when there is nothing to prove.
    async fn record(&self) -> Option<FirmSenderRecord> {
        let own = self.own().filter(|own| !self.policy.allows(own.domain()))?;
        let TxtRecord { name, value } = sender::rules::record(self.firm.id, own.domain());
        Some(FirmSenderRecord { name, kind: "TXT", value })
    }

    /// The address from which mails come now; null when it is that of the operator, and this server does not know it.
    async fn from(&self) -> Option<String> {
        self.wish().addresses(&self.policy).from.map(|email| email.address().to_owned())
    }

    /// The address to which replies to mails go now; null when they go to the one from which mails come.
    async fn reply_to(&self) -> Option<String> {
        self.wish().addresses(&self.policy).reply_to.map(|email| email.address().to_owned())
    }

    /// Since when the firm has proved that the domain is its own; null while it has not.
    async fn proved_at(&self) -> Option<DateTime> {
        self.known()?.proved_at.map(DateTime)
    }

    /// Since when the record of a proved domain is gone; null while it is there. After three days the proof ends.
    async fn missing_since(&self) -> Option<DateTime> {
        self.known()?.missing_since.map(DateTime)
    }

    /// What the last check of the record found; null before the first one.
    async fn finding(&self) -> Option<FirmSenderFinding> {
        self.known().map(|proof| proof.found.into())
    }

    /// The date and time of the last check; null before the first one.
    async fn checked_at(&self) -> Option<DateTime> {
        self.known().map(|proof| DateTime(proof.checked_at))
    }
}

/// A DNS record.
#[derive(Debug, SimpleObject)]
struct FirmSenderRecord {
    /// The name, for example `_guichet.firm.example`. Some providers ask for it without the domain.
    name: String,
    /// The type: `TXT`.
    #[graphql(name = "type")]
    kind: &'static str,
    /// The value, for example `guichet-sender=9f86d081884c7d659a2feaa0c55ad015`.
    value: String,
}

fn senders<'a>(ctx: &Context<'a>) -> &'a Senders {
    &ctx.data_unchecked::<Deployment>().senders
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
    /// The sender address of mails. Queued mails are sent with the new address, if the firm may write from it: see
    /// `Firm.sender`. A proof of the former domain is forgotten.
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
    /// Whether clients may hand files in after the work is done.
    accepts_late_files: Option<bool>,
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
            late_files: self.accepts_late_files,
        }
    }
}

/// Input for `firmSenderCheck`.
#[derive(Debug, InputObject)]
pub struct FirmSenderCheckInput {
    /// The domain to check: that of the sender, as `FirmSender.domain`. Another one is a `CONFLICT`: the sender was
    /// changed in between.
    domain: String,
}

payload! {
    /// The result of `firmSenderCheck`.
    FirmSenderCheckPayload {
        /// The firm in its current state, also when there are errors.
        firm: Option<Firm>,
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

    /// Checks now whether the DNS record that proves the domain of the sender is there, see `Firm.sender`. If it is, mails
    /// come from the address of the firm from now on, also those already queued. The record is checked again every hour,
    /// so it must stay: a proof ends when the record has been gone for three days, and the owners get a mail about it. A
    /// name server that does not answer ends no proof. Nothing is checked for a domain that the operator of this server
    /// allows.
    ///
    /// Requires the role `OWNER`.
    ///
    /// Errors: `NOT_ALLOWED`, `CONFLICT`, `SENDER_RECORD_MISSING`, `SENDER_RECORD_DIFFERENT`, `DNS_UNAVAILABLE`,
    /// `TOO_FAST`.
    async fn firm_sender_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmSenderCheckInput,
    ) -> Result<FirmSenderCheckPayload, ApiError> {
        let firm = Caller::of(ctx).actor()?.firm_id();
        let Senders { policy, .. } = senders(ctx);
        let check = async |store: &Store, actor: &Actor| {
            let Some(question) = proofs::question(store, actor, policy, &input.domain).await? else {
                return Ok(Done { value: (), revision: None });
            };
            let found = senders(ctx).ask(&question).await;
            proofs::check(store, actor, policy, &question, found).await
        };
        let MutationOutcome { user_errors, revision, .. } = act(ctx, check).await?;
        Ok(FirmSenderCheckPayload { firm: load(ctx, firm).await?, user_errors, revision })
    }
}

keyed! {
    /// The clock of a firm.
    ClockOf(FirmId) => FirmClock, |_loads, conn, ids| clocks(conn, ids)
}

/// The date of today where the firm is.
///
/// # Errors
/// `UNAVAILABLE` when the database does not answer.
pub async fn today(ctx: &Context<'_>, firm: FirmId) -> Result<NaiveDate, ApiError> {
    let clock = seen(load(ctx, ClockOf(firm)).await?)?;
    Ok(clock.day(Caller::of(ctx).store.now()))
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
