//! Charges (D-10).

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use guichet_base::error;
use guichet_base::id::{ChargeId, Id, TicketId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::desk::charge::commands::{self, CreateCharge};
use guichet_schema::desk::charge::rules::{self, is_overdue, today};
use guichet_schema::desk::charge::{model, queries};

use crate::graphql::ability::Ability;
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::Ticket;
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_optional, seen};
use crate::graphql::money::{Money, MoneyInput};
use crate::graphql::page::connection;
use crate::graphql::payload::{Outcome, api_id, id, known_ids, outcome, payload, queried};
use crate::graphql::people::client::Client;
use crate::graphql::scalars::Date;

/// Where a charge stands (D-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::ChargeStatus")]
pub enum ChargeStatus {
    /// The client owes it.
    Open,
    /// It is paid.
    Paid,
    /// It is owed no more.
    Canceled,
}

/// What somebody may want to do with a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::ChargeAct")]
pub enum ChargeAct {
    /// Tell that it was paid: `chargeMarkPaid`.
    MarkPaid,
    /// Call it off: `chargeCancel`.
    Cancel,
}

/// A charge.
#[derive(Debug, Clone)]
pub struct Charge(pub model::Charge);

by_ids!(ChargeId => Charge, queries::by_ids);

keyed! {
    /// The charges that a ticket made.
    ChargesOf(TicketId) => [model::Charge], |loads, conn, ids| async {
        let rows = queries::of_tickets(conn, &loads.scope(), ids).await?;
        // The finder asks for charges of tickets.
        error::Result::Ok(grouped(rows, |charge| charge.ticket_id).into_iter().filter_map(|(id, of)| id.zip(Some(of))))
    }
}

keyed! {
    /// The overdue charges that a ticket is to collect.
    CollectedBy(TicketId) => [model::Charge], |loads, conn, ids| async {
        let rows = queries::collected_by(conn, &loads.scope(), ids).await?;
        let by_ticket = grouped(rows, |(ticket, _)| *ticket).into_iter();
        error::Result::Ok(by_ticket.map(|(id, of)| (id, of.into_iter().map(|(_, charge)| charge).collect())))
    }
}

/// What a client owes: a receivable, not a fiscal document (D-10).
#[Object]
impl Charge {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The client that owes.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The ticket that made it; null when it was entered by hand.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>, ApiError> {
        load_optional(ctx, self.0.ticket_id).await
    }

    /// What for.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.0.amount().into()
    }

    /// Due by the end of this day, where the firm is.
    async fn due_on(&self) -> Date {
        Date(self.0.due_on)
    }

    /// Whether it is open after its due day, where the firm is.
    async fn is_overdue(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let firm = seen(load(ctx, self.0.firm_id).await?)?;
        let today = today(Caller::of(ctx).store.now(), firm.0.zone);
        Ok(is_overdue(self.0.status, self.0.due_on, today))
    }

    /// Where it stands.
    async fn status(&self) -> ChargeStatus {
        self.0.status.into()
    }

    /// When it was marked as paid.
    async fn paid_at(&self) -> Option<DateTime<Utc>> {
        self.0.paid_at
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Counts its changes: send it back as `expectedVersion`, and nobody's change is overwritten unseen.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What the viewer may do with it now: one entry an act.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<ChargeAct>>, ApiError> {
        let membership = &Caller::of(ctx).actor()?.membership;
        let ability =
            |act: &rules::ChargeAct| Ability::new((*act).into(), rules::may(membership, self.0.status));
        Ok(rules::ChargeAct::ALL.iter().map(ability).collect())
    }
}

/// Which charges are wanted; everything that is set must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ChargeFilter {
    /// In one of these statuses.
    status: Option<Vec<ChargeStatus>>,
    /// Owed by one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Made by one of these tickets.
    ticket_ids: Option<Vec<ID>>,
    /// Due then or later.
    due_from: Option<Date>,
    /// Due then or earlier.
    due_to: Option<Date>,
}

impl From<ChargeFilter> for queries::ChargeFilter {
    fn from(filter: ChargeFilter) -> Self {
        let status = |status: Vec<ChargeStatus>| status.into_iter().map(Into::into).collect();
        Self {
            status: filter.status.map(status),
            clients: known_ids(filter.client_ids),
            tickets: known_ids(filter.ticket_ids),
            due_from: filter.due_from.map(|day| day.0),
            due_to: filter.due_to.map(|day| day.0),
        }
    }
}

connection! {
    /// A page of charges.
    ChargeConnection, ChargeEdge of Charge, count ChargeCount
}

/// Counts when asked.
pub struct ChargeCount(queries::ChargeFilter);

#[Object]
impl ChargeCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let count = queries::count(&mut *caller.conn().await?, &caller.scope()?, &self.0).await;
        queried(caller, count)
    }
}

/// Queries about charges.
#[derive(Debug, Default)]
pub struct ChargeQuery;

#[Object]
impl ChargeQuery {
    /// The charges that the viewer sees, the earliest due first. A client sees what it owes.
    async fn charges(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which are wanted; all when left out.")] filter: Option<ChargeFilter>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<ChargeConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let filter = filter.unwrap_or_default().into();
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, &scope, &filter, &part).await;
        let page = queried(caller, page)?;
        Ok(ChargeConnection::new(page, ChargeCount(filter), queries::cursor, Charge))
    }

    /// One charge; null when there is no such for the viewer.
    async fn charge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<Charge>, ApiError> {
        Caller::of(ctx).actor()?;
        now(ctx, &id).await
    }
}

/// A charge to be entered by hand.
#[derive(Debug, InputObject)]
pub struct ChargeCreateInput {
    /// Names the act: sent twice, it happens once.
    idempotency_key: String,
    /// The client that owes.
    client_id: ID,
    /// What for; up to 200 characters.
    description: String,
    /// How much; more than zero.
    amount: MoneyInput,
    /// Due by the end of this day; as many days from today as the firm gives when left out.
    due_on: Option<Date>,
}

impl TryFrom<ChargeCreateInput> for CreateCharge {
    type Error = error::Error;

    fn try_from(input: ChargeCreateInput) -> error::Result<Self> {
        Ok(Self {
            client_id: id("clientId", &input.client_id)?,
            description: input.description,
            amount: input.amount.into(),
            due_on: input.due_on.map(|day| day.0),
        })
    }
}

/// A charge that was paid.
#[derive(Debug, InputObject)]
pub struct ChargeMarkPaidInput {
    /// The charge.
    id: ID,
    /// The version that was looked at; when the charge has another by now, nothing is changed: `CONFLICT`.
    expected_version: i32,
}

/// A charge to be called off.
#[derive(Debug, InputObject)]
pub struct ChargeCancelInput {
    /// The charge.
    id: ID,
    /// The version that was looked at; when the charge has another by now, nothing is changed: `CONFLICT`.
    expected_version: i32,
}

payload! {
    /// What became of a `chargeCreate`.
    ChargeCreatePayload {
        /// The charge; null when it was refused.
        charge: Option<Charge>,
    }
}

payload! {
    /// What became of a `chargeMarkPaid`.
    ChargeMarkPaidPayload {
        /// The charge as it stands now, also when the act was refused.
        charge: Option<Charge>,
    }
}

payload! {
    /// What became of a `chargeCancel`.
    ChargeCancelPayload {
        /// The charge as it stands now, also when the act was refused.
        charge: Option<Charge>,
    }
}

/// Acts on charges.
#[derive(Debug, Default)]
pub struct ChargeMutation;

#[Object]
impl ChargeMutation {
    /// Enters a charge by hand. Owners and managers.
    async fn charge_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The charge to be entered.")] mut input: ChargeCreateInput,
    ) -> Result<ChargeCreatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let key = std::mem::take(&mut input.idempotency_key);
        let result = async { commands::create(&caller.store, actor, &key, input.try_into()?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let charge = load_optional(ctx, done).await?;
        Ok(ChargeCreatePayload { charge, user_errors, revision })
    }

    /// Marks an open charge as paid. Owners and managers.
    async fn charge_mark_paid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The charge that was paid.")] input: ChargeMarkPaidInput,
    ) -> Result<ChargeMarkPaidPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let ChargeMarkPaidInput { id: given, expected_version } = input;
        let result =
            async { commands::mark_paid(&caller.store, actor, id("id", &given)?, expected_version).await };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        Ok(ChargeMarkPaidPayload { charge: now(ctx, &given).await?, user_errors, revision })
    }

    /// Cancels an open charge. Owners and managers.
    async fn charge_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The charge to be called off.")] input: ChargeCancelInput,
    ) -> Result<ChargeCancelPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let ChargeCancelInput { id: given, expected_version } = input;
        let result =
            async { commands::cancel(&caller.store, actor, id("id", &given)?, expected_version).await };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        Ok(ChargeCancelPayload { charge: now(ctx, &given).await?, user_errors, revision })
    }
}

/// The charge as it stands now.
async fn now(ctx: &Context<'_>, id: &ID) -> Result<Option<Charge>, ApiError> {
    load_optional(ctx, ChargeId::decode(id)).await
}
